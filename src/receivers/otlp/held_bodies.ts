import { Code } from '../../transport/rpc_status.ts';
import { RequestError } from './answer.ts';
import { Turns } from './turns.ts';

/** Bytes of all requests under way of one server; beyond it a sender is told to come back. One request alone is always taken. */
const MAX_BODIES = 128 * 1024 * 1024;
/** What a request takes of which nothing has come yet: 7 KiB were measured for a stream. So there are 16 384 at most. */
export const REQUEST_BYTES = 8 * 1024;
/** Large bodies being decompressed at a time: what each becomes is known when it is done. */
const MAX_DECOMPRESSING = 2;

/** A body that has been on its way for longer makes room for others when there is none. */
const PATIENCE_MS = 5_000;

interface Reading {
  readonly since: number;
  readonly giveUp: (error: RequestError) => void;
}

/** What requests under way take: what has come of them, and decompressed. What is only announced costs nothing yet. */
export class HeldBodies {
  #total = 0;
  /** The first began first. */
  readonly #reading = new Set<Reading>();
  readonly #patienceMs: number;
  readonly #turns = new Turns(MAX_DECOMPRESSING);

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
  }

  body(): HeldBody {
    let own = 0;
    let self: Reading | undefined;
    const release = (but = 0): void => {
      const kept = Math.min(own, but);
      this.#total -= own - kept;
      own = kept;
    };
    return {
      hold: (bytes) => {
        while (this.#total > own && this.#total + bytes > MAX_BODIES) this.#makeRoom(self);
        this.#total += bytes;
        own += bytes;
      },
      reading: (giveUp) => {
        const reading: Reading = {
          since: performance.now(),
          giveUp: (error) => {
            release();
            giveUp(error);
          },
        };
        self = reading;
        this.#reading.add(reading);
        return () => {
          this.#reading.delete(reading);
        };
      },
      decompress: async (work) => this.#turns.take(work),
      release,
    };
  }

  /** Slow senders keep nobody out. Throws RequestError when there is none that is slow. */
  #makeRoom(except: Reading | undefined): void {
    const tooMany = new RequestError(503, Code.UNAVAILABLE, 'too many requests are under way');
    for (const reading of this.#reading) {
      if (performance.now() - reading.since < this.#patienceMs) break;
      if (reading === except) continue;
      this.#reading.delete(reading);
      reading.giveUp(tooMany);
      return;
    }
    throw tooMany;
  }
}

export interface HeldBody {
  /** Before bytes are taken in. Throws RequestError when there is no room. */
  hold(bytes: number): void;
  /** From now on until the result is called, `giveUp` may be: what it holds is released then. */
  reading(giveUp: (error: RequestError) => void): () => void;
  /** Work whose result is large, when its turn comes. */
  decompress<Result>(work: () => Promise<Result>): Promise<Result>;
  /** All, or all but so much. */
  release(but?: number): void;
}
