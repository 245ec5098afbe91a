import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import {
  AggregationTemporality,
  ConsoleMetricExporter,
  InstrumentType,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import type { PeriodicReader } from '../config/telemetry.ts';
import type { Logger } from './component.ts';
import { OtlpExporter } from './own_otlp_exporter.ts';

const delta: Readonly<Record<string, readonly InstrumentType[]>> = {
  cumulative: [],
  delta: [InstrumentType.COUNTER, InstrumentType.OBSERVABLE_COUNTER, InstrumentType.HISTOGRAM],
  lowmemory: [InstrumentType.COUNTER, InstrumentType.HISTOGRAM],
};

/** Loaded only when the configuration has a periodic reader: encoders cost memory. */
export async function periodicReader(
  config: PeriodicReader,
  logger: Logger,
  closers: (() => void)[],
): Promise<PeriodicExportingMetricReader> {
  return new PeriodicExportingMetricReader({
    exporter: await exporterOf(config.exporter, logger, closers),
    exportIntervalMillis: config.interval,
    exportTimeoutMillis: Math.min(config.timeout, config.interval),
  });
}

async function exporterOf(
  { otlp }: PeriodicReader['exporter'],
  logger: Logger,
  closers: (() => void)[],
): Promise<PushMetricExporter> {
  if (otlp === undefined) return new ConsoleMetricExporter();
  const serializers = { json: JsonMetricsSerializer, protobuf: ProtobufMetricsSerializer };
  const exporter = await OtlpExporter.open(otlp, 'metrics', serializers, logger, closers);
  const { DELTA, CUMULATIVE } = AggregationTemporality;
  return {
    export: (metrics, done) => exporter.export(metrics, done),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
    selectAggregationTemporality: (type) =>
      delta[otlp.temporality_preference]?.includes(type) === true ? DELTA : CUMULATIVE,
  };
}
