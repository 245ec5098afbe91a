import type { AttributeKey } from './attribute.ts';
import type { MetricDefinition, OperationDefinition } from './operation.ts';
import * as semconv from './semconv.ts';

/** Seconds. The semantic conventions' boundaries, continued below 5 ms: the kernel sees what is faster. */
export const DURATION = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
/** Bytes. The conventions advise none; no body has its own bucket, then powers of four from 64 B to 64 MiB. */
const SIZE = [0, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

const SERVER_KEYS: readonly AttributeKey[] = [
  semconv.HTTP_REQUEST_METHOD,
  semconv.HTTP_RESPONSE_STATUS_CODE,
  semconv.ERROR_TYPE,
  semconv.NETWORK_PROTOCOL_VERSION,
  semconv.URL_SCHEME,
  // server.address and server.port are opt-in for servers: whoever asks chooses the Host.
  semconv.HTTP_ROUTE,
];
const CLIENT_KEYS: readonly AttributeKey[] = [
  semconv.HTTP_REQUEST_METHOD,
  semconv.HTTP_RESPONSE_STATUS_CODE,
  semconv.ERROR_TYPE,
  semconv.NETWORK_PROTOCOL_VERSION,
  semconv.URL_SCHEME,
  semconv.SERVER_ADDRESS,
  semconv.SERVER_PORT,
];

/** `measurements` of an HTTP operation: duration in s, request body and response body in bytes. */
export function httpDefinition(protocol: string, kind: 'client' | 'server'): OperationDefinition {
  const names = semconv.metricNames[kind];
  const metric = (name: string, description: string, unit: string, boundaries: number[]): MetricDefinition => ({
    name,
    description,
    unit,
    boundaries,
  });
  return {
    protocol,
    scope: `sonde.${protocol}`,
    kind,
    metrics: [
      metric(names.duration, `Duration of HTTP ${kind} requests.`, 's', DURATION),
      metric(names.requestSize, `Size of HTTP ${kind} request bodies.`, 'By', SIZE),
      metric(names.responseSize, `Size of HTTP ${kind} response bodies.`, 'By', SIZE),
    ],
    metricKeys: kind === 'server' ? SERVER_KEYS : CLIENT_KEYS,
  };
}
