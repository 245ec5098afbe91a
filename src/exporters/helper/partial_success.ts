import type { Signal } from '../../pdata/pdata.ts';
import type { Settings } from '../../service/component.ts';

/** What the Collector calls the rejected items of a signal in its log. */
const droppedNames: Readonly<Record<Signal, string>> = {
  traces: 'dropped_spans',
  metrics: 'dropped_data_points',
  logs: 'dropped_log_records',
  profiles: 'dropped_samples',
};

/** A partial success is told and never sent again: https://opentelemetry.io/docs/specs/otlp/#partial-success */
export function tellPartialSuccess(settings: Settings, signal: Signal, message: string, rejected: number): void {
  settings.logger.warn('Partial success response', { message, [droppedNames[signal]]: rejected });
}
