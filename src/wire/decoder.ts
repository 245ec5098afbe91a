import type { Operation } from './operation.ts';
import type { TlsHandshake } from './tls_handshake.ts';

/** Whose bytes: of the end that opened the connection and asks, or of the end that answers. */
export const CLIENT = 0;
export const SERVER = 1;
export type Side = typeof CLIENT | typeof SERVER;

/** What the first bytes of one direction tell. */
export const NO = 0;
/** Too few bytes to say. */
export const MORE = 1;
/** These bytes were sent by a client of this protocol. */
export const REQUEST = 2;
/** These bytes were sent by a server of this protocol. */
export const RESPONSE = 3;
/** These bytes are this protocol's, and do not tell which end sent them. */
export const EITHER = 4;
export type Detection = typeof NO | typeof MORE | typeof REQUEST | typeof RESPONSE | typeof EITHER;

/** How a direction ended. */
export type End =
  /** FIN or EOF: this side sends no more. */
  | 'finished'
  /** RST, or a close with unread data. */
  | 'reset'
  | 'timeout'
  /**
   * The tap stopped looking (shutdown, eviction, too old): nothing is known about the end, so a decoder tells nothing
   * of what waits. A socket that is destroyed has ended both sides: that is `finished` or `reset`.
   */
  | 'unknown';

/**
 * `Session.data` returns this when a response came before its request: present the same bytes again later, with the
 * time they had. Bytes in front of the held ones are taken first, so HOLD always means all of `bytes[start, end)`.
 */
export const HOLD = -1;

export interface Endpoint {
  /** Textual IP address, or the path of a Unix socket ('' if unnamed). */
  readonly address: string;
  /** 0 for Unix sockets. */
  readonly port: number;
}

/** What a session may know of its connection. The observed process is at the `local` end. */
export interface ConnectionContext {
  readonly kind: 'client' | 'server';
  readonly transport: 'tcp' | 'unix';
  readonly networkType: 'ipv4' | 'ipv6' | undefined;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** The session began in the middle of the connection: the first bytes may be anything. */
  readonly joined: boolean;
  /** `https` / `wss` when the bytes are the plaintext of TLS. */
  readonly secure: boolean;
  /** Stands for the observed service instance: bounds "per instance" are kept by this object's identity. */
  readonly instance?: object;
}

export interface Sink {
  operation(operation: Operation): void;
  /** A message or a run of bytes was given up. `reason` is one of the decoder's `rejects`. */
  reject(reason: string): void;
}

/**
 * One connection's state. Never throws, keeps no reference to `bytes`, uses no clock. Every call is bounded by
 * `end`. Each direction's bytes come in stream order, contiguous but for `gap`.
 */
export interface Session {
  /**
   * `bytes[start, end)` of one direction. Returns how many were taken; the rest comes again in front of later bytes.
   * A session that takes nothing of `maxPending` bytes breaks its contract (the caller then drops them as a gap).
   * `time`: when the last of these bytes passed, ns; bytes that come again after HOLD keep their first time.
   * `boundary`: `start` is where a socket operation began, so a message may well begin there.
   * `mayHold`: HOLD may be returned.
   */
  data(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
    mayHold: boolean,
  ): number;
  /** `length` bytes are missing. `bytes[start, end)` is what `data` had not taken before it. */
  gap(side: Side, bytes: Uint8Array, start: number, end: number, length: number, time: number): void;
  /** This side sends no more. `bytes[start, end)` is what `data` had not taken. */
  end(side: Side, bytes: Uint8Array, start: number, end: number, how: End, time: number): void;
  /** The bytes no longer fit the protocol: a wrong guess or a takeover (101, CONNECT). The connection becomes opaque. */
  readonly opaque: boolean;
  /** Where messages of this side begin is not known: after lost bytes, or because the bytes do not fit. */
  lost?(side: Side): boolean;
  /** With `opaque`: the protocol that the connection goes on with, from the first byte that was not taken. */
  readonly successor?: Successor | undefined;
  /** What is known of TLS, for what is told of the connection as a whole. */
  readonly tls?: TlsHandshake | undefined;
}

/** An upgrade that both ends agreed on. */
export interface Successor {
  /** Name of the decoder; undefined: whichever understands the bytes (a tunnel). */
  readonly decoder: string | undefined;
  /** For the decoder's `open`: what the two know of each other, such as a request that is still unanswered. */
  readonly carried?: unknown;
}

export interface Decoder {
  readonly name: string;
  /** Closed list of reasons for `Sink.reject`. */
  readonly rejects: readonly string[];
  /** Most bytes of one direction that may stay untaken. */
  readonly maxPending: number;
  /** Looks at the first bytes seen of one direction. */
  detect(bytes: Uint8Array, start: number, end: number): Detection;
  /** `carried`: from the session before, when this one is its successor. */
  open(context: ConnectionContext, sink: Sink, carried?: unknown): Session;
  /**
   * Gives a session of an earlier decoder of this name the options of this one. Without it a new session takes over
   * between two exchanges.
   */
  renew?(session: Session): void;
}
