import type { Role } from '../kernel/types.ts';
import { type ConnectionContext, type Decoder, REQUEST, type Session, type Sink } from '../wire/decoder.ts';
import { Detector, type Finding } from './detection.ts';

/** What a session is opened for. */
export interface SessionUser extends Sink {
  readonly role: Role;
  context(client: boolean, midway: boolean): ConnectionContext;
}

/** Opens the session of one connection once its bytes tell the protocol, and a new one when the options change. */
export class SessionSource {
  session: Session | undefined;
  /** Direction of the client's bytes, once the session is open. */
  clientDirection = 0;
  private detector: Detector;
  private readonly user: SessionUser;
  /** Where the session came from. */
  private decoders: readonly Decoder[];

  constructor(user: SessionUser, decoders: readonly Decoder[], midway: boolean) {
    this.user = user;
    this.decoders = decoders;
    this.detector = new Detector(midway);
  }

  get decoder(): Decoder | undefined {
    return this.detector.decoder;
  }

  /** Bytes are missing before there is a session: a message may begin only where an operation does. */
  lose(): void {
    this.detector.midway = true;
  }

  find(direction: number, bytes: Uint8Array, start: number, end: number, boundary: boolean): Finding {
    const { detector, user } = this;
    const finding = detector.look(this.decoders, user.role, direction, bytes, start, end, boundary);
    if (finding === 'found' && detector.decoder !== undefined) {
      this.clientDirection = detector.request ? direction : 1 - direction;
      this.session = detector.decoder.open(user.context(this.clientDirection === 0, detector.midway), user);
    }
    return finding;
  }

  /** The ends have agreed on another protocol. False: they have not. */
  succeed(): boolean {
    const successor = this.session?.successor;
    if (successor === undefined) return false;
    if (successor.decoder === undefined) {
      // A tunnel: whatever comes begins here.
      this.session = undefined;
      this.detector = new Detector(false);
      return true;
    }
    const decoder = this.decoders.find(({ name }) => name === successor.decoder);
    if (decoder === undefined) return false;
    this.detector.decoder = decoder;
    this.session = decoder.open(this.user.context(this.clientDirection === 0, false), this.user, successor.carried);
    return true;
  }

  /** The guess was wrong. */
  withdraw(): void {
    this.session = undefined;
    this.detector.withdraw(this.decoders);
  }

  /** The options have changed since the session was opened. */
  outdated(decoders: readonly Decoder[]): boolean {
    return this.decoders !== decoders;
  }

  /** Takes the new options, if these bytes begin a request. The caller knows that no exchange is under way. */
  renew(decoders: readonly Decoder[], direction: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.session === undefined) {
      this.decoders = decoders;
      return;
    }
    const decoder = decoders.find(({ name }) => name === this.decoder?.name);
    if (decoder?.renew !== undefined) {
      decoder.renew(this.session);
      this.decoders = decoders;
      return;
    }
    if (decoder === undefined || direction !== this.clientDirection) return;
    if (decoder.detect(bytes, start, end) !== REQUEST) return;
    this.decoders = decoders;
    this.session = decoder.open(this.user.context(this.clientDirection === 0, false), this.user);
  }
}
