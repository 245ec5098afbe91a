import { expect, test } from '@jest/globals';
import { encodeResource } from '../../../src/pdata/otlp/attributes.ts';
import { type NumberPoint, writeSums } from '../../../src/pdata/otlp/sums.ts';
import { flat, type OracleObject, oracleDecode, resourceType } from '../../support/oracle.ts';

const resource = encodeResource({ 'service.name': 'sonde', 'a.list': ['x', 'ÿ'], 'a.flag': true, 'a.half': 0.5 });
const times = { start: [1, 0], now: [2, 0] } as const;
const point = (changes: Partial<NumberPoint>): NumberPoint => ({
  name: 'sonde.tap.messages',
  description: 'Messages.',
  unit: '{message}',
  kind: 'counter',
  value: 1,
  attributes: {},
  ...changes,
});

test('a resource', () => {
  expect(flat(oracleDecode(resourceType, resource).attributes)).toEqual({
    'service.name': 'sonde',
    'a.list': ['x', 'ÿ'],
    'a.flag': true,
    'a.half': 0.5,
  });
});

test('counters, up-down counters and gauges', () => {
  const bytes = writeSums(
    resource,
    { name: 'sonde.tap', version: '1' },
    [
      point({ value: 2 ** 53 - 1, attributes: { reason: 'gap' } }),
      point({ name: 'sonde.tap.connections', kind: 'updown', value: -3 }),
      point({ attributes: { reason: 'other', code: 5 } }),
      point({ name: 'sonde.tap.load', kind: 'gauge', value: 0.25 }),
    ],
    times,
  );
  const [{ scopeMetrics }] = oracleDecode('metrics', bytes).resourceMetrics;
  expect(scopeMetrics[0].scope).toEqual({ name: 'sonde.tap', version: '1' });
  const [messages, connections, load]: OracleObject[] = scopeMetrics[0].metrics;
  const startTimeUnixNano = String(1n << 32n);
  const timeUnixNano = String(2n << 32n);
  expect(messages).toMatchObject({ name: 'sonde.tap.messages', description: 'Messages.', unit: '{message}' });
  expect(messages.sum).toMatchObject({ aggregationTemporality: 2, isMonotonic: true });
  expect(messages.sum.dataPoints).toEqual([
    {
      attributes: [{ key: 'reason', value: { stringValue: 'gap' } }],
      startTimeUnixNano,
      timeUnixNano,
      asInt: String(2 ** 53 - 1),
    },
    {
      attributes: [
        { key: 'reason', value: { stringValue: 'other' } },
        { key: 'code', value: { intValue: '5' } },
      ],
      startTimeUnixNano,
      timeUnixNano,
      asInt: '1',
    },
  ]);
  expect(connections.sum).toEqual({
    aggregationTemporality: 2,
    dataPoints: [{ startTimeUnixNano, timeUnixNano, asInt: '-3' }],
  });
  expect(load.gauge).toEqual({ dataPoints: [{ timeUnixNano, asDouble: 0.25 }] });
});

test('no points, no bytes', () => {
  expect(writeSums(resource, { name: 'sonde.tap', version: '1' }, [], times)).toHaveLength(0);
});
