import type { ConnectionContext, Decoder, Detection, Session, Sink } from '../wire/decoder.ts';
import type { Operation } from '../wire/operation.ts';

export interface Verdict {
  connections: number;
  exchanges: number;
}

/** A decoder that is counted: connections that it took, and exchanges that it told. */
export class CountedDecoder implements Decoder {
  readonly name: string;
  readonly rejects: readonly string[];
  readonly maxPending: number;
  readonly verdict: Verdict;
  private readonly decoder: Decoder;

  constructor(decoder: Decoder, verdict: Verdict) {
    this.name = decoder.name;
    this.rejects = decoder.rejects;
    this.maxPending = decoder.maxPending;
    this.decoder = decoder;
    this.verdict = verdict;
  }

  detect(bytes: Uint8Array, start: number, end: number): Detection {
    return this.decoder.detect(bytes, start, end);
  }

  open(context: ConnectionContext, sink: Sink, carried?: unknown): Session {
    const { verdict } = this;
    verdict.connections++;
    const counted: Sink = {
      operation(operation: Operation): void {
        verdict.exchanges++;
        sink.operation(operation);
      },
      reject: (reason) => sink.reject(reason),
    };
    return this.decoder.open(context, counted, carried);
  }
}
