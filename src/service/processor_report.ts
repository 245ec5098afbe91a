import type { Component, ComponentTelemetry, Consumer } from './component.ts';

/** Counts what a processor takes and gives, and, when somebody reads it, how long it works on a batch. */
export class ProcessorReport {
  readonly #incoming: (items: number) => void;
  readonly #outgoing: (items: number) => void;
  readonly #duration: ReturnType<ComponentTelemetry['histogram']>;
  /** Of performance.now(), while a `consume` has not returned yet; of one that gives its data later, no duration is told. */
  #began: number | undefined;

  constructor(telemetry: ComponentTelemetry) {
    const items = { unit: '{item}', signalKey: 'otel.signal' } as const;
    this.#incoming = telemetry.counter('otelcol_processor_incoming_items', {
      description: 'Number of items passed to the processor. [Alpha]',
      ...items,
    });
    this.#outgoing = telemetry.counter('otelcol_processor_outgoing_items', {
      description: 'Number of items emitted from the processor. [Alpha]',
      ...items,
    });
    this.#duration = telemetry.histogram('otelcol_processor_internal_duration', {
      description: 'Duration of time taken to process a batch of telemetry data through the processor. [Alpha]',
      unit: 's',
      level: 'detailed',
      signalKey: 'otel.signal',
    });
  }

  before(processor: Component & Consumer): Component & Consumer {
    return {
      start: () => processor.start(),
      shutdown: (deadline, successor) => processor.shutdown(deadline, successor),
      consume: (batch) => {
        this.#incoming(batch.itemCount);
        this.#outgoing(0);
        if (!this.#duration.enabled) return processor.consume(batch);
        this.#began = performance.now();
        const taken = processor.consume(batch);
        this.#tell();
        return taken;
      },
    };
  }

  after(next: Consumer): Consumer {
    return {
      consume: (batch) => {
        this.#outgoing(batch.itemCount);
        this.#tell();
        return next.consume(batch);
      },
    };
  }

  #tell(): void {
    if (this.#began === undefined) return;
    this.#duration.record((performance.now() - this.#began) / 1000);
    this.#began = undefined;
  }
}
