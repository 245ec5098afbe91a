/** Bytes of one direction that wait for earlier ones: what a receive window may be with Linux's defaults (tcp_rmem). */
export const EARLY_BYTES = 6 * 1024 * 1024;
export const EARLY_PIECES = 8192;
/** The same of all connections. */
export const EARLY_TOTAL_BYTES = 128 * 1024 * 1024;

/** What the receiver has acknowledged and the capture does not have may still come if nothing later has, ns. */
export const REORDER_NS = 50e6;
/** What nobody has acknowledged will be sent again: as long as a few doubled time-outs take, ns. */
export const RETRANSMIT_NS = 10e9;

/** The largest window that TCP knows (RFC 7323, 2.3): what is further away belongs elsewhere. */
export const MAX_WINDOW = 2 ** 30;
/** Segments in a row that far away after which the stream is taken to go on there. */
export const STRAY_SEGMENTS = 8;

/** After its end a connection's last segments may come again: TIME_WAIT of Linux, ns. */
export const TIME_WAIT_NS = 60e9;

/** Connections at a time, and server addresses that are told apart. */
export const MAX_CONNECTIONS = 65_536;
export const MAX_SERVERS = 1024;

/** Bytes told at a time: as many as the kernel's records have at most. */
export const PIECE_BYTES = 16_384;
