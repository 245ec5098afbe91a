import type { Role } from '../kernel/types.ts';
import { type Decoder, type Detection, EITHER, MORE, NO, REQUEST, RESPONSE } from '../wire/decoder.ts';

/** Bytes of one direction that may be looked at before a decoder has to know its protocol. */
export const DETECTION_BYTES = 1024;
/** Socket operations that may tell nothing, on a connection joined in the middle, before it counts as opaque. */
const DETECTION_ATTEMPTS = 64;

export type Finding =
  | 'found'
  /** Too few bytes: keep them and ask again. */
  | 'more'
  /** Not these bytes, perhaps later ones. */
  | 'none'
  | 'opaque';

/**
 * Finds the decoder of a connection by what its first bytes are, never by its port. When the connection was joined
 * in the middle, or bytes are missing, every beginning of a socket operation is a new chance, a bounded number of times.
 */
export class Detector {
  decoder: Decoder | undefined;
  /** Once found: the bytes' sender asks (or answers). */
  request = false;
  /** The stream's beginning was not seen: bytes may begin anywhere in a message. */
  midway: boolean;
  private attempts = 0;
  /** Bit n: decoder n has said no to the beginning of one direction, */
  private excluded = 0;
  /** or was wrong about this connection. */
  private withdrawn = 0;

  constructor(midway: boolean) {
    this.midway = midway;
  }

  /** `direction`: 0 if this end sent the bytes. A claim that contradicts a known role is none. */
  look(
    decoders: readonly Decoder[],
    role: Role,
    direction: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    boundary: boolean,
  ): Finding {
    const all = (1 << decoders.length) - 1;
    if ((this.withdrawn & all) === all) return 'opaque';
    if (this.midway && !boundary) return 'none';
    const enough = end - start >= DETECTION_BYTES;
    let more = false;
    let claimant: Decoder | undefined;
    let ambiguous = false;
    for (let index = 0; index < decoders.length; index++) {
      const decoder = decoders[index];
      if (decoder === undefined || ((this.excluded | this.withdrawn) & (1 << index)) !== 0) continue;
      const detection = known(decoder.detect(bytes, start, end), direction, role);
      if ((detection === REQUEST || detection === RESPONSE) && agrees(detection === REQUEST, direction, role)) {
        ambiguous ||= claimant !== undefined;
        claimant = decoder;
        this.request = detection === REQUEST;
      } else if (detection === MORE && !enough) more = true;
      else if (detection === NO && !this.midway) this.excluded |= 1 << index;
    }
    if (claimant !== undefined && !ambiguous) {
      this.decoder = claimant;
      return 'found';
    }
    // What two protocols claim, such as a Bind of PostgreSQL that might be a row of MySQL, later bytes decide.
    if (more || (ambiguous && !this.midway && !enough)) return 'more';
    return this.midway && ++this.attempts < DETECTION_ATTEMPTS ? 'none' : 'opaque';
  }

  /**
   * The bytes do not fit the decoder any more: the others get their chance, where a message may begin. Its own bytes
   * are gone, so this is as if the connection was joined now. Each decoder is wrong at most once.
   */
  withdraw(decoders: readonly Decoder[]): void {
    this.withdrawn |= 1 << decoders.findIndex(({ name }) => name === this.decoder?.name);
    this.excluded = 0;
    this.midway = true;
    this.decoder = undefined;
  }
}

/** Which end sent bytes that either may send, the role of this one tells. */
function known(detection: Detection, direction: number, role: Role): Detection {
  if (detection !== EITHER) return detection;
  if (role === 'unknown') return NO;
  return (role === 'client') === (direction === 0) ? REQUEST : RESPONSE;
}

function agrees(request: boolean, direction: number, role: Role): boolean {
  return role === 'unknown' || role === (request === (direction === 0) ? 'client' : 'server');
}
