import { Code } from '../../transport/rpc_status.ts';
import { RequestError } from './answer.ts';
import { Turns } from './turns.ts';

/** Bytes of all requests under way of one server; beyond it a sender is told to come back. One request alone is always taken. */
const MAX_BODIES = 128 * 1024 * 1024;
/** What a request takes of which nothing has come yet: 7 KiB were measured for a stream. So there are 16 384 at most. */
export const REQUEST_BYTES = 8 * 1024;
/** Large bodies being decompressed at a time: what each becomes is known when it is done. */
const MAX_DECOMPRESSING = 2;

/** What requests under way take: what has come of them, and decompressed. What is only announced costs nothing yet. */
export class HeldBodies {
  #total = 0;
  readonly #turns = new Turns(MAX_DECOMPRESSING);

  body(): HeldBody {
    let own = 0;
    return {
      hold: (bytes) => {
        if (this.#total > own && this.#total + bytes > MAX_BODIES) {
          throw new RequestError(503, Code.UNAVAILABLE, 'too many requests are under way');
        }
        this.#total += bytes;
        own += bytes;
      },
      decompress: async (work) => this.#turns.take(work),
      release: (but = 0) => {
        const kept = Math.min(own, but);
        this.#total -= own - kept;
        own = kept;
      },
    };
  }
}

export interface HeldBody {
  /** Before bytes are taken in. Throws RequestError when there is no room. */
  hold(bytes: number): void;
  /** Work whose result is large, when its turn comes. */
  decompress<Result>(work: () => Promise<Result>): Promise<Result>;
  /** All, or all but so much. */
  release(but?: number): void;
}
