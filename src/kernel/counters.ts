import type { NativeMap } from './addon.ts';
import * as layout from './layout.gen.ts';
import type { KernelCounters } from './types.ts';

/** The per-CPU map `counters`, summed. Sums are exact below 2^53. */
export class CountersMap {
  readonly #map: NativeMap;
  readonly #key = new Uint8Array(4);
  readonly #value: BigUint64Array;
  readonly #bytes: Uint8Array;
  readonly #cpus: number;

  constructor(map: NativeMap, possibleCpus: number) {
    this.#map = map;
    this.#cpus = possibleCpus;
    this.#value = new BigUint64Array((layout.COUNTERS_SIZE / 8) * possibleCpus);
    this.#bytes = new Uint8Array(this.#value.buffer);
  }

  read(): Omit<KernelCounters, 'missed'> {
    this.#map.lookup(this.#key, this.#bytes);
    return {
      operations: this.#sum(layout.COUNTERS_OPERATIONS),
      bytes: this.#sum(layout.COUNTERS_BYTES),
      recorded: this.#sum(layout.COUNTERS_RECORDED),
      recordedBytes: this.#sum(layout.COUNTERS_RECORDED_BYTES),
      capturedBytes: this.#sum(layout.COUNTERS_CAPTURED_BYTES),
      dropped: this.#sum(layout.COUNTERS_DROPPED),
      droppedBytes: this.#sum(layout.COUNTERS_DROPPED_BYTES),
      counted: this.#sum(layout.COUNTERS_COUNTED),
      countedBytes: this.#sum(layout.COUNTERS_COUNTED_BYTES),
      skipped: Array.from({ length: layout.COUNTERS_SKIPPED_ELEMENTS }, (_, reason) =>
        this.#sum(layout.COUNTERS_SKIPPED + 8 * reason),
      ),
      ignored: this.#sum(layout.COUNTERS_IGNORED),
      stateDropped: this.#sum(layout.COUNTERS_STATE_DROPPED),
    };
  }

  #sum(offset: number): number {
    let sum = 0;
    for (let cpu = 0; cpu < this.#cpus; cpu++) {
      sum += Number(this.#value[(cpu * layout.COUNTERS_SIZE + offset) / 8] ?? 0n);
    }
    return sum;
  }
}
