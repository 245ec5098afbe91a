import { describe, expect, test } from '@jest/globals';
import { createMetricAggregator, type MetricAggregatorOptions } from '../../src/tap/metric_aggregator.ts';
import type { MetricAggregator } from '../../src/tap/types.ts';
import type { OperationDefinition } from '../../src/wire/operation.ts';
import { clientDefinition, instance, operation, serverDefinition } from '../support/operations.ts';
import { flat, type OracleObject, oracleDecode } from '../support/oracle.ts';
import { fc } from '../support/property.ts';

const options: MetricAggregatorOptions = {
  version: '0.1.0',
  schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
  start: [1, 2],
};
const startText = String((1n << 32n) + 2n);

function taken(aggregator: MetricAggregator, now: readonly [number, number] = [9, 9]): OracleObject {
  const { bytes, points } = aggregator.snapshot(now);
  const request = oracleDecode('metrics', bytes);
  expect(pointsOf(request)).toHaveLength(points);
  return request;
}

function pointsOf(request: OracleObject, metric?: string): OracleObject[] {
  return (request.resourceMetrics ?? [])
    .flatMap((resource: OracleObject) => resource.scopeMetrics)
    .flatMap((scope: OracleObject) => scope.metrics)
    .filter((one: OracleObject) => metric === undefined || one.name === metric)
    .flatMap((one: OracleObject) => (one.histogram ?? one.sum).dataPoints);
}

function copyOf(definition: OperationDefinition): OperationDefinition {
  return { ...definition, metrics: structuredClone(definition.metrics) };
}

test('a counter is a monotonic sum beside the histograms, of those operations that feed it', () => {
  const aggregator = createMetricAggregator(options);
  const definition: OperationDefinition = {
    ...serverDefinition,
    metrics: [
      ...serverDefinition.metrics,
      { name: 'errors', description: 'E', unit: '{error}', boundaries: [], counter: true },
    ],
  };
  for (const errors of [1, Number.NaN, 2]) {
    aggregator.record(instance(1), operation({ definition, measurements: [0.01, Number.NaN, errors] }));
  }
  const { metrics } = taken(aggregator, [3, 4]).resourceMetrics[0].scopeMetrics[0];
  const histogram = metrics[0].histogram.dataPoints[0];
  expect(metrics.at(-1)).toEqual({
    name: 'errors',
    description: 'E',
    unit: '{error}',
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [
        {
          attributes: histogram.attributes,
          startTimeUnixNano: startText,
          timeUnixNano: String((3n << 32n) + 4n),
          asInt: '3',
        },
      ],
    },
  });
  expect(histogram.count).toBe('3');
});

test('one operation', () => {
  const aggregator = createMetricAggregator(options);
  aggregator.record(instance(1), operation({ measurements: [0.01, Number.NaN] }));
  const request = taken(aggregator, [3, 4]);
  const [{ resource, scopeMetrics }] = request.resourceMetrics;
  expect(flat(resource.attributes)['service.name']).toBe('service-1');
  expect(scopeMetrics).toEqual([
    {
      scope: { name: 'sonde.http1', version: '0.1.0' },
      schemaUrl: options.schemaUrl,
      metrics: [
        {
          name: 'http.server.request.duration',
          description: 'Duration of HTTP server requests.',
          unit: 's',
          histogram: {
            aggregationTemporality: 2,
            dataPoints: [
              {
                attributes: [
                  { key: 'http.request.method', value: { stringValue: 'GET' } },
                  { key: 'http.route', value: { stringValue: '/users/{id}' } },
                  { key: 'http.response.status_code', value: { intValue: '200' } },
                ],
                startTimeUnixNano: startText,
                timeUnixNano: String((3n << 32n) + 4n),
                count: '1',
                sum: 0.01,
                min: 0.01,
                max: 0.01,
                bucketCounts: Array.from({ length: 15 }, (_, i) => (i === 1 ? '1' : '0')),
                explicitBounds: [...(serverDefinition.metrics[0]?.boundaries ?? [])],
              },
            ],
          },
        },
      ],
    },
  ]);
});

test('nothing recorded, nothing sent', () => {
  const aggregator = createMetricAggregator(options);
  expect(aggregator.snapshot([1, 1])).toEqual({ bytes: new Uint8Array(0), points: 0 });
  aggregator.record(instance(1), operation({ measurements: [Number.NaN, Number.NaN] }));
  expect(aggregator.snapshot([1, 1])).toEqual({ bytes: new Uint8Array(0), points: 0 });
});

const values = fc.tuple(
  fc.constantFrom('GET', 'POST', undefined),
  fc.constantFrom('/a', '/b', '200', undefined),
  fc.constantFrom(200, 404, '200', undefined),
);
const measurement = fc.oneof(
  fc.double({ min: 0, max: 20, noNaN: true }),
  fc.constantFrom(0, 0.005, 0.01, 10, 100, 1000, Number.NaN),
);
const event = fc.record({
  id: fc.integer({ min: 1, max: 3 }),
  values,
  measurements: fc.tuple(measurement, measurement),
});

interface Model {
  count: number;
  sum: number;
  min: number;
  max: number;
  buckets: number[];
}

function modelRecord(models: Map<string, Model>, key: string, bounds: readonly number[], value: number): void {
  if (Number.isNaN(value)) return;
  const model = models.get(key) ?? {
    count: 0,
    sum: 0,
    min: value,
    max: value,
    buckets: new Array(bounds.length + 1).fill(0),
  };
  models.set(key, model);
  model.count++;
  model.sum += value;
  model.min = Math.min(model.min, value);
  model.max = Math.max(model.max, value);
  const found = bounds.findIndex((bound) => value <= bound);
  const index = found < 0 ? bounds.length : found;
  model.buckets[index] = (model.buckets[index] ?? 0) + 1;
}

/** Types matter: status 200 and "200" are different values. */
function keyOf(service: unknown, metric: string, attributes: unknown[]): string {
  return JSON.stringify([service, metric, attributes]);
}

function seen(request: OracleObject): Map<string, Model> {
  const models = new Map<string, Model>();
  for (const { resource, scopeMetrics } of request.resourceMetrics ?? []) {
    const service = flat(resource.attributes)['service.name'];
    for (const metric of scopeMetrics[0].metrics) {
      for (const point of metric.histogram.dataPoints) {
        const { count, sum, min, max, bucketCounts } = point;
        models.set(keyOf(service, metric.name, point.attributes ?? []), {
          count: Number(count),
          sum,
          min,
          max,
          buckets: bucketCounts.map(Number),
        });
      }
    }
  }
  return models;
}

test('sums and buckets agree with a plain model', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), fc.nat(200), (events, cut) => {
      const aggregator = createMetricAggregator(options);
      const models = new Map<string, Model>();
      events.forEach(({ id, values, measurements }, index) => {
        if (index === cut) aggregator.snapshot([5, 5]);
        aggregator.record(instance(id), operation({ metricValues: values, measurements }));
        const attributes = serverDefinition.metricKeys.flatMap(({ name }, i) => {
          const value = values[i];
          if (value === undefined) return [];
          return [
            { key: name, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } },
          ];
        });
        serverDefinition.metrics.forEach(({ name, boundaries }, i) => {
          modelRecord(models, keyOf(`service-${id}`, name, attributes), boundaries, measurements[i] as number);
        });
      });
      expect(seen(taken(aggregator))).toEqual(models);
    }),
  );
});

test('definitions of one scope share it, others have their own', () => {
  const aggregator = createMetricAggregator(options);
  const other = { ...serverDefinition, scope: 'sonde.other' };
  for (const definition of [serverDefinition, clientDefinition, other])
    aggregator.record(instance(1), operation({ definition }));
  const [{ scopeMetrics }] = taken(aggregator).resourceMetrics;
  expect(
    scopeMetrics.map((scope: OracleObject) => [scope.scope.name, ...scope.metrics.map((m: OracleObject) => m.name)]),
  ).toEqual([
    ['sonde.http1', 'http.server.request.duration', 'http.client.request.duration'],
    ['sonde.other', 'http.server.request.duration'],
  ]);
});

test('a definition made anew goes on with the series of the old one', () => {
  const aggregator = createMetricAggregator(options);
  aggregator.record(instance(1), operation());
  aggregator.record(instance(1), operation({ definition: copyOf(serverDefinition) }));
  aggregator.record(instance(1), operation());
  expect(pointsOf(taken(aggregator)).map((point) => point.count)).toEqual(['3']);
});

describe('overflow', () => {
  const record = (aggregator: MetricAggregator, id: number, route: number): void =>
    aggregator.record(instance(id), operation({ metricValues: ['GET', `/r${route}`, 200] }));
  const overflowed = (request: OracleObject): string[] =>
    pointsOf(request)
      .filter((point) => flat(point.attributes)['otel.metric.overflow'] === true)
      .map((point) => point.count);

  test('further series of an instance become one, and nothing is lost', () => {
    const aggregator = createMetricAggregator({ ...options, maxSeries: 5 });
    for (let round = 0; round < 2; round++) for (let route = 0; route < 10; route++) record(aggregator, 1, route);
    const request = taken(aggregator);
    expect(pointsOf(request)).toHaveLength(5);
    expect(overflowed(request)).toEqual(['12']);
    expect(pointsOf(request).reduce((sum, point) => sum + Number(point.count), 0)).toBe(20);
  });

  test('the limit of all instances together; a retired one makes room', () => {
    const aggregator = createMetricAggregator({ ...options, maxTotalSeries: 4 });
    for (const id of [1, 2]) for (let route = 0; route < 3; route++) record(aggregator, id, route);
    expect(overflowed(taken(aggregator))).toEqual(['2']);
    aggregator.retire(instance(1));
    taken(aggregator);
    for (let route = 0; route < 3; route++) record(aggregator, 3, route);
    expect(pointsOf(taken(aggregator)).filter((point) => point.count === '1')).toHaveLength(4);
  });
});

describe('retired instances', () => {
  test('are in one more snapshot', () => {
    const aggregator = createMetricAggregator(options);
    aggregator.record(instance(1), operation());
    aggregator.record(instance(2), operation());
    aggregator.retire(instance(1));
    aggregator.record(instance(1), operation());
    expect(pointsOf(taken(aggregator)).map((point) => point.count)).toEqual(['2', '1']);
    expect(pointsOf(taken(aggregator)).map((point) => point.count)).toEqual(['1']);
  });

  test('a late operation is counted from the snapshot on, once', () => {
    const aggregator = createMetricAggregator(options);
    aggregator.record(instance(1), operation());
    aggregator.retire(instance(1));
    expect(pointsOf(taken(aggregator, [7, 7]))[0]?.startTimeUnixNano).toBe(startText);
    aggregator.record(instance(1), operation());
    expect(pointsOf(taken(aggregator))).toMatchObject([{ count: '1', startTimeUnixNano: String((7n << 32n) + 7n) }]);
    expect(taken(aggregator).resourceMetrics).toBeUndefined();
  });
});

test('start time stays, time moves', () => {
  const aggregator = createMetricAggregator(options);
  aggregator.record(instance(1), operation());
  taken(aggregator, [3, 0]);
  aggregator.record(instance(1), operation());
  expect(pointsOf(taken(aggregator, [4, 0]))).toMatchObject([
    { count: '2', startTimeUnixNano: startText, timeUnixNano: String(4n << 32n) },
  ]);
});
