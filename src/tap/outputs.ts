import { Output, type OutputParts } from './output.ts';
import type { DecoderConfig, TapParts } from './parts.ts';
import type { TapReceiver } from './protocol.ts';

/** The receivers' outputs by id. A reload keeps those that stay, with their spans and series. */
export class Outputs {
  all: readonly Output[] = [];
  private readonly parts: TapParts;
  private readonly shared: Omit<OutputParts, 'decoders' | 'writer' | 'aggregator'>;

  constructor(parts: TapParts, shared: Omit<OutputParts, 'decoders' | 'writer' | 'aggregator'>) {
    this.parts = parts;
    this.shared = shared;
  }

  configure(receivers: readonly TapReceiver[], now: number): void {
    const before = this.all;
    this.all = receivers.map((receiver) => {
      const output = before.find(({ receiver: { id } }) => id === receiver.id);
      if (output === undefined) return this.make(receiver, now);
      const same = sameDecoders(output.receiver, receiver);
      output.configure(receiver, same ? output.decoders : this.parts.decoders(receiver));
      return output;
    });
    for (const output of before) {
      if (!this.all.includes(output) && !output.flush()) output.abandon();
    }
  }

  /** False: no credit was left for some of the spans. */
  flush(): boolean {
    let all = true;
    for (const output of this.all) all = output.flush() && all;
    return all;
  }

  private make(receiver: TapReceiver, now: number): Output {
    return new Output(receiver, {
      ...this.shared,
      decoders: this.parts.decoders(receiver),
      writer: this.parts.spanWriter(),
      aggregator: this.parts.metricAggregator(this.shared.clock.at(now)),
    });
  }
}

/** Both are plain data made by the same code, so their texts can be compared. */
function sameDecoders(a: DecoderConfig, b: DecoderConfig): boolean {
  return JSON.stringify([a.http, a.db]) === JSON.stringify([b.http, b.db]);
}
