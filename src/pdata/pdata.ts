/**
 * Pipeline data: OTLP messages held as bytes until someone looks. A batch is a list of chunks, each the protobuf
 * encoding of an Export{Trace,Metrics,Logs,Profiles}ServiceRequest. Protobuf's repeated fields concatenate, so chunks
 * one after the other are again one valid request: joining batches copies nothing and encodes nothing.
 */
export type Signal = 'traces' | 'metrics' | 'logs' | 'profiles';

export const signals: readonly Signal[] = ['traces', 'metrics', 'logs', 'profiles'];

export class Batch {
  readonly signal: Signal;
  readonly chunks: readonly Uint8Array[];
  /** Spans, metric data points, log records or profile samples. */
  readonly itemCount: number;
  readonly byteLength: number;
  /**
   * The whole request as one gzip member, when it came so: an exporter that compresses may send it as it is. A batch that
   * a component makes has none, so it can never tell something else than the chunks.
   */
  readonly gzip: Uint8Array | undefined;

  constructor(signal: Signal, chunks: readonly Uint8Array[], itemCount: number, gzip?: Uint8Array) {
    this.signal = signal;
    this.chunks = chunks;
    this.itemCount = itemCount;
    let length = 0;
    for (const chunk of chunks) length += chunk.length;
    this.byteLength = length;
    this.gzip = gzip;
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
    const [first] = this.chunks;
    if (first !== undefined && this.chunks.length === 1) return first;
    const out = new Uint8Array(this.byteLength);
    let at = 0;
    for (const chunk of this.chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }
}
