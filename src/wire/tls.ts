/**
 * TLS from SSL 3 to 1.3 (RFC 8446, RFC 5246) as seen from outside: the hellos, plaintext alerts, and when the handshake
 * is over. From then on the session is opaque, so that not one byte of payload is copied.
 *
 *   record = type version length body          handshake message = type length(3) body, over any number of records
 *
 * What is not known is not invented: under TLS 1.3 the chosen ALPN and certificates are encrypted, an alert is known by
 * its length alone. A handshake is over when both ends have sent what follows their ChangeCipherSpec, or (1.3) when
 * the client has sent what follows the ServerHello and is no alert.
 */
import {
  CLIENT,
  type ConnectionContext,
  type Decoder,
  type End,
  HOLD,
  type Session,
  type Side,
  type Sink,
} from './decoder.ts';
import { detectTls, HEADER } from './tls_detect.ts';
import { TlsHandshake } from './tls_handshake.ts';
import { MAX_FRAGMENTS, MAX_HELLO, NEED_MORE, TlsReader, type TlsState } from './tls_reader.ts';

export const TLS_REJECTS = [
  /** No record begins where one should. */
  'malformed_record',
  /** A hello whose lengths do not fit, or of a version that is not known. */
  'malformed_hello',
  /** A hello of more than 16 KiB, or cut into more than 64 records. */
  'hello_too_long',
  /** A record that cannot come at this place. */
  'unexpected_record',
  /** A hello as of SSL 2. */
  'ssl2_hello',
  /** Bytes of the handshake are missing. */
  'handshake_lost',
  /** The connection ended within a hello, or a record's header. */
  'incomplete_record',
] as const;

export function createTls(): Decoder {
  return {
    name: 'tls',
    rejects: TLS_REJECTS,
    maxPending: MAX_HELLO + HEADER * MAX_FRAGMENTS,
    detect: detectTls,
    open: (context: ConnectionContext, sink: Sink): Session => new TlsSession(context, sink),
  };
}

class TlsSession implements Session, TlsState {
  opaque = false;
  /** Undefined: the connection turned out not to be TLS. */
  tls: TlsHandshake | undefined;
  readonly joined: boolean;
  readonly handshake = new TlsHandshake();
  readonly #client: TlsReader;
  readonly #server: TlsReader;
  readonly #sink: Sink;

  constructor(context: ConnectionContext, sink: Sink) {
    this.joined = context.joined;
    this.#sink = sink;
    this.#client = new TlsReader(this, true);
    this.#server = new TlsReader(this, false);
  }

  data(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    _boundary: boolean,
    mayHold: boolean,
  ): number {
    if (this.opaque) return end - start;
    const reader = side === CLIENT ? this.#client : this.#server;
    let at = start;
    while (at < end && !this.opaque) {
      const next = reader.read(bytes, at, end, time, mayHold);
      if (next === HOLD) return at === start ? HOLD : at - start;
      if (next === NEED_MORE) break;
      at = next;
    }
    return at - start;
  }

  gap(side: Side, bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    if (this.opaque) return;
    const taken = this.data(side, bytes, start, end, time, false, false);
    if (this.opaque || (taken === end - start && (side === CLIENT ? this.#client : this.#server).skip(length))) return;
    this.giveUp('handshake_lost');
  }

  end(side: Side, bytes: Uint8Array, start: number, end: number, how: End, time: number): void {
    const taken = this.data(side, bytes, start, end, time, false, false);
    if (this.opaque || how === 'unknown' || taken === end - start) return;
    this.reject('incomplete_record');
    this.opaque = true;
  }

  serverHello(): boolean {
    return this.handshake.version !== '';
  }

  clientHello(): boolean {
    return this.#client.said;
  }

  changed(time: number): void {
    if (this.#client.finished && this.#server.finished) this.over(time);
  }

  over(time: number): void {
    this.handshake.end = time;
    this.opaque = true;
  }

  failed(): void {
    // Joined later, it may have been established before.
    if (this.joined && !this.clientHello()) this.handshake.partial = true;
    this.opaque = true;
  }

  reject(reason: string): void {
    this.#sink.reject(reason);
  }

  /** The rest is not known: what was told so far may be all that there is. */
  giveUp(reason: string): void {
    if (reason !== '') this.reject(reason);
    this.handshake.partial = true;
    this.opaque = true;
  }

  confirm(): void {
    this.tls = this.handshake;
  }
}
