import {
  AggregationType,
  createAllowListAttributesProcessor,
  createDenyListAttributesProcessor,
  InstrumentType,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import type { ViewConfig } from '../config/telemetry.ts';
import { meterNameOf } from './own_meters.ts';

/** Below detailed the Collector leaves attributes out by a view; with views of the user, which need detailed, it has none. */
export function viewsOf(level: string, configured: readonly ViewConfig[] | undefined): ViewOptions[] {
  if (configured !== undefined) return configured.map(viewOf);
  if (level.toLowerCase() === 'detailed') return [];
  return [
    {
      instrumentName: 'otelcol_exporter_send_failed_*',
      meterName: meterNameOf('otelcol_exporter_'),
      attributesProcessors: [createDenyListAttributesProcessor(['error.type', 'error.permanent'])],
    },
  ];
}

const instrumentTypes: Readonly<Record<string, InstrumentType>> = {
  counter: InstrumentType.COUNTER,
  up_down_counter: InstrumentType.UP_DOWN_COUNTER,
  histogram: InstrumentType.HISTOGRAM,
  observable_counter: InstrumentType.OBSERVABLE_COUNTER,
  observable_up_down_counter: InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
  observable_gauge: InstrumentType.OBSERVABLE_GAUGE,
};

function viewOf({ selector, stream }: ViewConfig): ViewOptions {
  const { attribute_keys: keys } = stream ?? {};
  const type = instrumentTypes[selector?.instrument_type ?? ''];
  const attributesProcessors = [
    ...((keys?.included.length ?? 0) > 0 ? [createAllowListAttributesProcessor(keys?.included ?? [])] : []),
    ...((keys?.excluded.length ?? 0) > 0 ? [createDenyListAttributesProcessor(keys?.excluded ?? [])] : []),
  ];
  const aggregation = aggregationOf(stream?.aggregation);
  return {
    ...given('instrumentName', selector?.instrument_name),
    ...given('instrumentUnit', selector?.unit),
    ...given('meterName', selector?.meter_name),
    ...given('meterVersion', selector?.meter_version),
    ...given('meterSchemaUrl', selector?.meter_schema_url),
    ...given('name', stream?.name),
    ...given('description', stream?.description),
    ...(type === undefined ? {} : { instrumentType: type }),
    ...(attributesProcessors.length === 0 ? {} : { attributesProcessors }),
    ...(aggregation === undefined ? {} : { aggregation }),
  };
}

function given<Key extends string>(key: Key, value: string | undefined): Partial<Record<Key, string>> {
  return value === undefined || value === '' ? {} : ({ [key]: value } as Record<Key, string>);
}

function aggregationOf(
  config: NonNullable<ViewConfig['stream']>['aggregation'],
): NonNullable<ViewOptions['aggregation']> | undefined {
  if (config === undefined) return undefined;
  const { base2_exponential_bucket_histogram: exponential, explicit_bucket_histogram: explicit } = config;
  if (exponential !== undefined) {
    const { max_size: maxSize, record_min_max: recordMinMax } = exponential;
    return { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize, recordMinMax } };
  }
  if (config.default !== undefined) return undefined;
  if (config.drop !== undefined) return { type: AggregationType.DROP };
  if (explicit !== undefined) {
    const { boundaries, record_min_max: recordMinMax } = explicit;
    return { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [...boundaries], recordMinMax } };
  }
  if (config.last_value !== undefined) return { type: AggregationType.LAST_VALUE };
  return config.sum === undefined ? undefined : { type: AggregationType.SUM };
}
