import { gunzipSync } from 'node:zlib';

/**
 * Pipeline data: OTLP messages held as bytes until someone looks. A batch is a list of chunks, each the protobuf
 * encoding of an Export{Trace,Metrics,Logs,Profiles}ServiceRequest. Protobuf's repeated fields concatenate, so chunks
 * one after the other are again one valid request: joining batches copies nothing and encodes nothing.
 */
export type Signal = 'traces' | 'metrics' | 'logs' | 'profiles';

export const signals: readonly Signal[] = ['traces', 'metrics', 'logs', 'profiles'];

export class Batch {
  readonly signal: Signal;
  /** Undefined: only `gzip` is kept. */
  readonly #chunks: readonly Uint8Array[] | undefined;
  /** Spans, metric data points, log records or profile samples. */
  readonly itemCount: number;
  readonly byteLength: number;
  /**
   * The whole request as one gzip member, when it came so: an exporter that compresses may send it as it is. A batch that
   * a component makes has none, so it can never tell something else than the chunks.
   */
  readonly gzip: Uint8Array | undefined;

  /** Of a number in place of chunks: only `gzip` is there, and so long is what it holds. */
  constructor(signal: Signal, chunks: readonly Uint8Array[] | number, itemCount: number, gzip?: Uint8Array) {
    this.signal = signal;
    this.#chunks = typeof chunks === 'number' ? undefined : chunks;
    this.itemCount = itemCount;
    let length = 0;
    if (typeof chunks === 'number') length = chunks;
    else for (const chunk of chunks) length += chunk.length;
    this.byteLength = length;
    this.gzip = gzip;
  }

  get chunks(): readonly Uint8Array[] {
    return this.#chunks ?? [gunzipSync(this.gzip ?? new Uint8Array(0), { maxOutputLength: this.byteLength })];
  }

  /** Bytes that it takes while it waits. */
  get memoryBytes(): number {
    return (this.#chunks === undefined ? 0 : this.byteLength) + (this.gzip?.length ?? 0);
  }

  /** For a place where only `gzip` is likely to be asked for: mostly a tenth of the memory. Chunks are decompressed each time. */
  packed(): Batch {
    return this.gzip === undefined ? this : new Batch(this.signal, this.byteLength, this.itemCount, this.gzip);
  }

  /** All batches must have one signal. */
  static join(batches: readonly Batch[]): Batch {
    const [first] = batches;
    if (first === undefined) throw new RangeError('nothing to join');
    if (batches.length === 1) return first;
    let items = 0;
    const chunks: Uint8Array[] = [];
    for (const batch of batches) {
      items += batch.itemCount;
      chunks.push(...batch.chunks);
    }
    return new Batch(first.signal, chunks, items);
  }

  /** The request as one piece; copies only if there is more than one chunk. */
  bytes(): Uint8Array {
    const { chunks } = this;
    const [first] = chunks;
    if (first !== undefined && chunks.length === 1) return first;
    const out = new Uint8Array(this.byteLength);
    let at = 0;
    for (const chunk of chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }
}
