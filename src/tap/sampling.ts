import type { Operation } from '../wire/operation.ts';
import { IdSource, parseHex } from './ids.ts';
import type { SpanContext } from './types.ts';

/** W3C trace flags, https://www.w3.org/TR/trace-context-2/#trace-flags */
const SAMPLED = 1;
/** The right-most 56 bits of the trace id are random. */
const RANDOM = 2;
const TWO_32 = 2 ** 32;
const TWO_56 = 2 ** 56;

/**
 * Gives an operation its place in a trace, and decides whether its span is wanted. A traceparent, in the request
 * that was seen, makes the span a child of the span named there. So a client's span, for a request that carried the
 * application's own span id, is a sibling of the server's span and never an invented level between them.
 *
 * The one object is used again for each span.
 */
export class Sampler implements SpanContext {
  readonly traceId = new Uint8Array(16);
  readonly spanId = new Uint8Array(8);
  parentSpanId: Uint8Array | undefined;
  traceState = '';
  flags = 0;
  private readonly parent = new Uint8Array(8);
  private readonly ids: IdSource;
  private parentBased = true;
  /** Trace ids whose right-most 56 bits are at or above it are sampled: OpenTelemetry's consistent probability. */
  private thresholdHigh = 0;
  private thresholdLow = 0;

  constructor(ids = new IdSource()) {
    this.ids = ids;
  }

  configure(ratio: number, parentBased: boolean): void {
    const threshold = Math.round((1 - ratio) * TWO_56);
    // 56 bits are more than a number holds exactly.
    this.thresholdHigh = Math.floor(threshold / TWO_32);
    this.thresholdLow = threshold % TWO_32;
    this.parentBased = parentBased;
  }

  /** True: the span is sampled and this object is its context. */
  decide(operation: Operation): boolean {
    const { traceparent } = operation;
    if (traceparent === '') {
      this.ids.fill(this.traceId);
      if (!this.chosen()) return false;
      this.parentSpanId = undefined;
      this.traceState = '';
      this.flags = SAMPLED | RANDOM;
    } else {
      parseHex(traceparent, 3, this.traceId);
      const flags = Number.parseInt(traceparent.slice(53, 55), 16);
      if (this.parentBased ? (flags & SAMPLED) === 0 : !this.chosen()) return false;
      parseHex(traceparent, 36, this.parent);
      this.parentSpanId = this.parent;
      this.traceState = operation.tracestate;
      this.flags = flags | SAMPLED;
    }
    this.ids.fill(this.spanId);
    return true;
  }

  private chosen(): boolean {
    const id = this.traceId;
    const byte = (index: number): number => id[index] ?? 0;
    const high = (byte(9) << 16) | (byte(10) << 8) | byte(11);
    if (high !== this.thresholdHigh) return high > this.thresholdHigh;
    const low = ((byte(12) << 24) | (byte(13) << 16) | (byte(14) << 8) | byte(15)) >>> 0;
    return low >= this.thresholdLow;
  }
}
