import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { plain } from '../../src/config/decode.ts';
import { FeatureGates } from '../../src/config/feature_gates.ts';
import { load } from '../../src/config/load.ts';
import { gated } from '../support/gated.ts';
import { otelcolBinary, otelcolMissing } from '../support/otelcol.ts';

test.each([
  ['service.profilesSupport', undefined],
  ['+service.profilesSupport,-service.AllowNoPipelines', undefined],
  ['service.partialReload', undefined],
  ['nope', /^no such feature gate "nope"\. valid gates: \[confmap\.enableMergeAppendOption /],
  ['', /^no such feature gate ""/],
])('--feature-gates=%s', (text, problem) => {
  const found = new FeatureGates().set(text);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(problem);
});

gated(otelcolMissing)('every gate of the Collector is accepted', () => {
  const { stdout } = spawnSync(otelcolBinary, ['featuregate'], { encoding: 'utf8' });
  const gates = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(' ', 1)[0] ?? '');
  expect(gates.length).toBeGreaterThan(20);
  expect(gates.filter((gate) => new FeatureGates().set(gate) !== undefined)).toEqual([]);
});

test('on and off', () => {
  const gates = new FeatureGates();
  expect(gates.has('service.AllowNoPipelines')).toBe(false);
  gates.set('service.AllowNoPipelines,pdata.useProtoPooling');
  expect(gates.has('service.AllowNoPipelines')).toBe(true);
  expect(gates.ignored).toEqual(['pdata.useProtoPooling']);
  expect(gates.text('service.AllowNoPipelines')).toMatch(
    /^Feature: service\.AllowNoPipelines\nEnabled: true\nStage: Alpha\n/,
  );
  expect(gates.text('nope')).toBeUndefined();
  expect(gates.text()?.split('\n')[0]).toMatch(/^ID +Enabled {2}Stage {3}Description$/);
  gates.set('-service.AllowNoPipelines');
  expect(gates.has('service.AllowNoPipelines')).toBe(false);
});

test('confmap.enableMergeAppendOption joins only lists of components', () => {
  const uris = [
    'yaml:{service: {extensions: [a, b], pipelines: {traces: {receivers: [r], processors: [p], exporters: [e]}}}, x: {receivers: [1]}}',
    'yaml:{service: {extensions: [b, c], pipelines: {traces: {receivers: [s], processors: [q], exporters: [e, f]}}}, x: {receivers: [2]}}',
  ];
  const tree = load({ uris, sets: [], env: {}, warn: () => undefined, append: true });
  expect(plain(tree)).toEqual({
    service: {
      extensions: ['a', 'b', 'c'],
      pipelines: { traces: { receivers: ['r', 's'], processors: ['q'], exporters: ['e', 'f'] } },
    },
    x: { receivers: [2] },
  });
});
