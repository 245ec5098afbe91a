import type { Signal } from '../../pdata/pdata.ts';
import type { Settings } from '../../service/component.ts';
import type { PartialSuccess } from '../../transport/rpc_status.ts';

/** What the Collector calls the rejected items of a signal in its log. */
const droppedNames: Readonly<Record<Exclude<Signal, 'profiles'>, string>> = {
  traces: 'dropped_spans',
  metrics: 'dropped_data_points',
  logs: 'dropped_log_records',
};

/**
 * A partial success is told and never sent again: https://opentelemetry.io/docs/specs/otlp/#partial-success. Of profiles the
 * Collector's exporters do not say the same.
 */
export function tellPartialSuccess(
  settings: Settings,
  signal: Signal,
  { message, rejected }: PartialSuccess,
  ofProfiles: 'dropped_samples' | 'dropped_profiles',
): void {
  const name = signal === 'profiles' ? ofProfiles : droppedNames[signal];
  settings.logger.warn('Partial success response', { message, [name]: rejected });
}
