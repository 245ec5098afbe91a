import type { ComponentTelemetry, MetricAttributes } from './component.ts';

/** Upper bounds of the Collector's histograms of batches. */
export const itemBounds = [
  10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 20_000, 30_000,
  50_000, 100_000,
];
export const byteBounds = Array.from({ length: 18 }, (_, i) => 128 * 2 ** i);

/** Keys are the Collector's names of items; see `itemNames` of transport/signals.ts. */
const kinds: Readonly<Record<string, { readonly unit: string; readonly words: string }>> = {
  spans: { unit: '{span}', words: 'spans' },
  metric_points: { unit: '{datapoint}', words: 'metric points' },
  log_records: { unit: '{record}', words: 'log records' },
  profile_samples: { unit: '{sample}', words: 'profile samples' },
};

/** A counter of the Collector's, such as `otelcol_receiver_accepted_` `spans`. `describe` gets "spans". */
export function itemCounter(
  telemetry: ComponentTelemetry,
  prefix: string,
  items: string,
  describe: (words: string) => string,
): (value: number, attributes?: MetricAttributes) => void {
  const { unit, words } = kinds[items] ?? { unit: '{item}', words: items };
  return telemetry.counter(`${prefix}_${items}`, { description: describe(words), unit });
}

type Outcome = 'accepted' | 'refused' | 'failed';

/**
 * What a receiver gave to its pipelines and how they took it; `attributes` is best the same object each time. All outcomes are
 * told of, as zero if there was none.
 */
export function receiverReport(
  telemetry: ComponentTelemetry,
  items: string,
  attributes: MetricAttributes,
): (count: number, outcome: Outcome) => void {
  const counter = (outcome: Outcome, describe: (words: string) => string) =>
    itemCounter(telemetry, `otelcol_receiver_${outcome}`, items, (words) => `${describe(words)} [Alpha]`);
  const accepted = counter('accepted', (words) => `Number of ${words} successfully pushed into the pipeline.`);
  const refused = counter('refused', (words) => `Number of ${words} that could not be pushed into the pipeline.`);
  const failed = counter(
    'failed',
    (words) => `The number of ${words} that failed to be processed by the receiver due to internal errors.`,
  );
  return (count, outcome) => {
    accepted(outcome === 'accepted' ? count : 0, attributes);
    refused(outcome === 'refused' ? count : 0, attributes);
    failed(outcome === 'failed' ? count : 0, attributes);
  };
}
