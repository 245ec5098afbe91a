/** What a capture file tells of one packet. */
export interface PacketSink {
  /**
   * `captured` bytes are at `bytes[start]`, of a packet that had `length`. Valid only during the call. Time since the
   * epoch; `nanos` is below a second.
   */
  packet(
    linkType: number,
    bytes: Buffer,
    start: number,
    captured: number,
    length: number,
    seconds: number,
    nanos: number,
  ): void;
  /** A packet, or something that may have been one, was left out: `reason` is of a short list. */
  skip(reason: string): void;
}

/** Reads one file format. */
export interface CaptureFormat {
  readonly name: string;
  /**
   * Reads the next item (header, packet, block) of `bytes[start, end)` and returns its length; 0: it is not there
   * whole. May return more than there is: the rest is to be passed over unread. Throws Damage.
   */
  next(bytes: Buffer, start: number, end: number, sink: PacketSink): number;
}

/** The file does not go on as its format says. */
export class Damage extends Error {
  override readonly name = 'Damage';
}

/** No packet is longer: libpcap stops at 256 KiB, and an IPv6 jumbogram of a loopback interface at 512 KiB. */
export const MAX_PACKET_BYTES = 1024 * 1024;

/** Times beyond (the year 2242) are broken, and would leave the range of OTLP's. */
export const MAX_SECONDS = 2 ** 33;
