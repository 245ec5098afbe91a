import type { Signal } from '../pdata/pdata.ts';

/** Names of the items of a signal in the Collector's own metrics. */
export const itemNames: Readonly<Record<Signal, string>> = {
  traces: 'spans',
  metrics: 'metric_points',
  logs: 'log_records',
  profiles: 'profile_samples',
};

/** OTLP/HTTP: https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
export const httpPaths: Readonly<Record<Signal, string>> = {
  traces: '/v1/traces',
  metrics: '/v1/metrics',
  logs: '/v1/logs',
  profiles: '/v1development/profiles',
};

/** OTLP/gRPC: full method names of opentelemetry/proto/collector. */
export const grpcMethods: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  profiles: '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
};
