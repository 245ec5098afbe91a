import type { NativeMap } from './addon.ts';
import * as layout from './layout.gen.ts';
import type { PolicyMode } from './types.ts';

/**
 * What the kernel copies of a connection, told through the pages of the map `policy`. A slot belongs to the cookie in
 * it; a collision takes the slot over, and the loser falls back to the default, which copies more and not less.
 */
export class PolicyMap {
  readonly #cookies: BigUint64Array;
  readonly #words: Uint32Array;
  readonly #mask: number;

  constructor(map: NativeMap) {
    const pages = map.mmap();
    this.#cookies = new BigUint64Array(pages);
    this.#words = new Uint32Array(pages);
    this.#mask = map.info().maxEntries - 1;
  }

  set(cookie: number, mode: PolicyMode): void {
    const slot = cookie & this.#mask;
    const at = (slot * layout.POLICY_SIZE + layout.POLICY_COOKIE) / 8;
    const id = BigInt(cookie);
    if (mode === layout.POLICY_ALL) {
      Atomics.compareExchange(this.#cookies, at, id, 0n);
      return;
    }
    // The slot names nobody while the mode changes.
    Atomics.store(this.#cookies, at, 0n);
    Atomics.store(this.#words, (slot * layout.POLICY_SIZE + layout.POLICY_MODE) / 4, mode);
    Atomics.store(this.#cookies, at, id);
  }
}
