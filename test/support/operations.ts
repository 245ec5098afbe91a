import { encodeResource } from '../../src/pdata/otlp/attributes.ts';
import type { ServiceInstance, SpanContext } from '../../src/tap/types.ts';
import { AttributeKey, type AttributeValue } from '../../src/wire/attribute.ts';
import type { Operation, OperationDefinition } from '../../src/wire/operation.ts';

/** Made-up operations for tests of what consumes them. */
export const serverDefinition: OperationDefinition = {
  protocol: 'http1',
  scope: 'sonde.http1',
  kind: 'server',
  metrics: [
    {
      name: 'http.server.request.duration',
      description: 'Duration of HTTP server requests.',
      unit: 's',
      boundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    },
    { name: 'http.server.request.body.size', description: 'Size.', unit: 'By', boundaries: [0, 100, 1000] },
  ],
  metricKeys: ['http.request.method', 'http.route', 'http.response.status_code'].map((name) => AttributeKey.of(name)),
};

export const clientDefinition: OperationDefinition = {
  ...serverDefinition,
  kind: 'client',
  metrics: [{ name: 'http.client.request.duration', description: '', unit: 's', boundaries: [1] }],
};

export function attributes(record: Readonly<Record<string, AttributeValue>>): (AttributeKey | AttributeValue)[] {
  return Object.entries(record).flatMap(([name, value]) => [AttributeKey.of(name), value]);
}

export function operation(changes: Partial<Operation> = {}): Operation {
  return {
    definition: serverDefinition,
    name: 'GET /users/{id}',
    start: 5_000_000_000,
    end: 5_001_000_000,
    attributes: attributes({ 'http.request.method': 'GET', 'http.response.status_code': 200 }),
    metricValues: ['GET', '/users/{id}', 200],
    measurements: [0.001, Number.NaN],
    error: false,
    traceparent: '',
    tracestate: '',
    ...changes,
  };
}

export function instance(id: number, serviceName = `service-${id}`): ServiceInstance {
  return { id, serviceName, resource: encodeResource({ 'service.name': serviceName, 'process.pid': 100 + id }) };
}

export function spanContext(changes: Partial<SpanContext> = {}): SpanContext {
  return {
    traceId: Uint8Array.from({ length: 16 }, (_, i) => i + 1),
    spanId: Uint8Array.from({ length: 8 }, (_, i) => 0xf0 + i),
    parentSpanId: undefined,
    traceState: '',
    flags: 1,
    ...changes,
  };
}
