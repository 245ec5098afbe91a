import { byteAt } from './bytes.ts';
import { HOLD } from './decoder.ts';
import * as record from './tls_detect.ts';
import type { TlsHandshake } from './tls_handshake.ts';
import { int16, int24, readClientHello, readServerHello } from './tls_hello.ts';
import { alertName, ENCRYPTED_ALERT } from './tls_names.ts';

/** Bytes of a hello; those with a post-quantum key share and tickets have about 2 KiB. */
export const MAX_HELLO = 16_384;
/** Records that a hello may be cut into: it is looked at again from its beginning whenever more of it comes. */
export const MAX_FRAGMENTS = 64;
export const NEED_MORE = -2;

const MESSAGE_HEADER = 4;
const SERVER_HELLO_DONE = 14;
const FATAL = 2;
/** An encrypted alert of TLS 1.3: two bytes, the content type, and a tag of 16 bytes, or 8 of the CCM_8 suites. */
const ALERT_LENGTHS = [19, 11];
/** Finished of TLS 1.3: four bytes and a hash of 32 or 48, the content type and a tag. */
const FINISHED_LENGTHS = [53, 69, 45];

/** Where hellos that are cut into records are put together. */
const scratch = new Uint8Array(MAX_HELLO);

/** What both directions share. */
export interface TlsState {
  readonly handshake: TlsHandshake;
  readonly joined: boolean;
  clientHello(): boolean;
  serverHello(): boolean;
  /** It is TLS indeed. */
  confirm(): void;
  /** One end's handshake is over. */
  changed(time: number): void;
  /** Both ends' are. */
  over(time: number): void;
  /** There will be no handshake. */
  failed(): void;
  giveUp(reason: string): void;
}

/** One direction's records. */
export class TlsReader {
  /** The hello was seen. */
  said = false;
  /** Up to TLS 1.2: what follows ChangeCipherSpec was seen. */
  finished = false;
  readonly #state: TlsState;
  readonly #client: boolean;
  /** Up to TLS 1.2: after ChangeCipherSpec. */
  #encrypted = false;
  /** Bytes of the record that are still to come; of handshake messages in the clear they are walked through. */
  #left = 0;
  #walking = false;
  #message = 0;
  #header = 0;
  #headerBytes = 0;
  #done = false;

  constructor(state: TlsState, client: boolean) {
    this.#state = state;
    this.#client = client;
  }

  /** Takes a record's header, or some of its body; returns the position behind it, HOLD or NEED_MORE. */
  read(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    if (this.#left > 0) return this.#body(bytes, at, end);
    if (end - at < record.HEADER) return this.#noRecord(bytes, at, end);
    if (!record.isRecord(bytes, at)) return this.#noRecord(bytes, at, end);
    const type = byteAt(bytes, at);
    const hello = type === record.HANDSHAKE && !this.said;
    if (hello && !this.#client && mayHold && !this.#state.clientHello()) return HOLD;
    if (hello) return this.#hello(bytes, at, end, time);
    if (type === record.ALERT) return this.#alert(bytes, at, end);
    if (!this.#state.serverHello()) {
      const { joined, handshake } = this.#state;
      if (type === record.APPLICATION_DATA && joined && !this.#state.clientHello()) return this.#amid(at);
      // Early data, and what comes between two ClientHellos.
      const early = handshake.retried || (this.#client && this.said && handshake.earlyData);
      if (!early && mayHold) return HOLD;
      if (!early) return this.#fail('unexpected_record', end);
    }
    this.#left = int16(bytes, at + 3);
    this.#walking = type === record.HANDSHAKE && !this.#encrypted;
    if (this.#state.handshake.version === '1.3') this.#record13(type, time);
    else if (this.#state.serverHello()) this.#record12(type, time);
    return at + record.HEADER;
  }

  /** `length` bytes are missing. False: more than the rest of a body that nobody looks at. */
  skip(length: number): boolean {
    if (length > this.#left || (this.#walking && length > this.#message)) return false;
    this.#left -= length;
    if (this.#walking) this.#message -= length;
    return true;
  }

  #noRecord(bytes: Uint8Array, at: number, end: number): number {
    const cut = end - at < record.HEADER;
    if (this.#client && !this.said && byteAt(bytes, at) === 0x80) {
      if (end - at < 11) return NEED_MORE;
      const ssl2 = record.detectVersion2(bytes, at, end) !== 0;
      return this.#fail(ssl2 ? 'ssl2_hello' : 'malformed_record', end);
    }
    return cut ? NEED_MORE : this.#fail('malformed_record', end);
  }

  #fail(reason: string, end: number): number {
    this.#state.giveUp(reason);
    return end;
  }

  /** Joined amid the payload: nothing will be known of the handshake. */
  #amid(at: number): number {
    this.#state.confirm();
    this.#state.giveUp('');
    return at;
  }

  #body(bytes: Uint8Array, at: number, end: number): number {
    const stop = Math.min(end, at + this.#left);
    this.#left -= stop - at;
    if (this.#walking) this.#walk(bytes, at, stop);
    return stop;
  }

  /** The messages behind the hello: of interest is only whether they are those of a full handshake. */
  #walk(bytes: Uint8Array, start: number, stop: number): void {
    for (let at = start; at < stop; ) {
      const inside = Math.min(this.#message, stop - at);
      this.#message -= inside;
      at += inside;
      for (; at < stop && this.#message === 0; at++) {
        this.#header = ((this.#header << 8) | byteAt(bytes, at)) >>> 0;
        if (++this.#headerBytes < MESSAGE_HEADER) continue;
        if (this.#header >>> 24 === SERVER_HELLO_DONE) this.#done = true;
        this.#message = this.#header & 0xffffff;
        this.#header = this.#headerBytes = 0;
      }
    }
  }

  /** Everything but the hello is encrypted, ChangeCipherSpec means nothing, and the client's Finished is the last. */
  #record13(type: number, time: number): void {
    if (type !== record.APPLICATION_DATA) return;
    const { handshake } = this.#state;
    if (ALERT_LENGTHS.includes(this.#left)) handshake.alert(this.#client, ENCRYPTED_ALERT);
    else if (this.#client && (!handshake.earlyData || FINISHED_LENGTHS.includes(this.#left))) this.#state.over(time);
  }

  #record12(type: number, time: number): void {
    if (type === record.CHANGE_CIPHER_SPEC) {
      // Whoever resumes a session does not say that its hello is done.
      if (!this.#client && !this.#encrypted) this.#state.handshake.resumed = !this.#done;
      this.#encrypted = true;
    } else if (type === record.HANDSHAKE && this.#encrypted) {
      this.finished = true;
      this.#state.changed(time);
    }
  }

  #alert(bytes: Uint8Array, at: number, end: number): number {
    const length = int16(bytes, at + 3);
    const plain = length === 2 && !this.#encrypted;
    if (plain && end - at < record.HEADER + 2) return NEED_MORE;
    this.#state.confirm();
    const { handshake } = this.#state;
    handshake.alert(this.#client, plain ? alertName(byteAt(bytes, at + record.HEADER + 1)) : ENCRYPTED_ALERT);
    this.#left = length;
    this.#walking = false;
    if (plain && byteAt(bytes, at + record.HEADER) === FATAL) this.#state.failed();
    return at + record.HEADER;
  }

  /** The first message of a direction, whole: until then nothing of it is taken. */
  #hello(bytes: Uint8Array, start: number, end: number, time: number): number {
    let gathered = 0;
    let at = start;
    for (let count = 0; count < MAX_FRAGMENTS; count++) {
      if (end - at < record.HEADER) return NEED_MORE;
      if (!record.isRecord(bytes, at) || byteAt(bytes, at) !== record.HANDSHAKE)
        return this.#fail('malformed_hello', end);
      const length = int16(bytes, at + 3);
      at += record.HEADER;
      const there = Math.min(length, end - at);
      // Mostly one record is the whole message, and need not be copied.
      const inPlace = count === 0 && there >= MESSAGE_HEADER && length >= MESSAGE_HEADER + int24(bytes, at + 1);
      const copied = inPlace ? there : Math.min(there, MAX_HELLO - gathered);
      if (!inPlace) scratch.set(bytes.subarray(at, at + copied), gathered);
      gathered += copied;
      const source = inPlace ? bytes : scratch;
      const from = inPlace ? at : 0;
      if (gathered >= MESSAGE_HEADER) {
        const whole = MESSAGE_HEADER + int24(source, from + 1);
        if (whole > MAX_HELLO) return this.#fail('hello_too_long', end);
        if (gathered >= whole) {
          const taken = copied - (gathered - whole);
          this.#left = length - taken;
          this.#walking = true;
          return this.#take(source, from, from + whole, time) ? at + taken : this.#fail('malformed_hello', end);
        }
      }
      if (there < length) return NEED_MORE;
      at += length;
    }
    return this.#fail('hello_too_long', end);
  }

  #take(bytes: Uint8Array, start: number, end: number, time: number): boolean {
    const { handshake } = this.#state;
    const type = byteAt(bytes, start);
    const body = start + MESSAGE_HEADER;
    if (this.#client) {
      if (type !== record.CLIENT_HELLO || !readClientHello(bytes, body, end, handshake)) return false;
      handshake.start = time;
      this.said = true;
    } else {
      if (type !== record.SERVER_HELLO) return false;
      const what = readServerHello(bytes, body, end, handshake);
      if (what === 'malformed') return false;
      this.said = what === 'hello';
      handshake.retried = !this.said;
    }
    this.#state.confirm();
    return true;
  }
}
