import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { decode } from '../../src/config/decode.ts';
import { Problems } from '../../src/config/problem.ts';
import type { Schema } from '../../src/config/schema.ts';
import { parseYaml } from '../../src/config/yaml.ts';
import { countItems } from '../../src/pdata/otlp/count.ts';
import { encodeMessage } from '../../src/pdata/otlp/encode.ts';
import { requestOf } from '../../src/pdata/otlp/schema.ts';
import { toJson } from '../../src/pdata/otlp/to_json.ts';
import { Batch, type Signal } from '../../src/pdata/pdata.ts';
import { factory as attributes } from '../../src/processors/attributes/factory.ts';
import { factory as resource } from '../../src/processors/resource/factory.ts';
import type { ProcessorFactory } from '../../src/service/component.ts';
import { gated } from '../support/gated.ts';
import { samples } from '../support/otlp_samples.ts';
import { collectorLines } from '../support/processor_collector.ts';
import { testSettings } from '../support/settings.ts';
import { cases } from './actions.cases.ts';

/** What the reference Collector answered; SONDE_RECORD=1 writes it anew. */
const FIXTURE = 'test/fixtures/processors/actions.json';
const factories = { attributes, resource } as unknown as Record<string, ProcessorFactory>;
const otelcol = process.env['SONDE_OTELCOL'];

const requests = new Map<Signal, Uint8Array>(
  (['traces', 'metrics', 'logs'] as const).map((signal) => [
    signal,
    encodeMessage(requestOf[signal], samples[signal] as never),
  ]),
);

/** Attributes in one order: the Collector's removal changes theirs. */
function canonical(line: string): unknown {
  return JSON.parse(line, (key, value: unknown) =>
    /^(attributes|values|filteredAttributes|metadata)$/.test(key) && Array.isArray(value)
      ? value.map((each) => JSON.stringify(each)).sort()
      : value,
  );
}

async function sonde(i: number, signal: Signal): Promise<string> {
  const found = cases[i];
  const factory = factories[found?.processor ?? ''];
  if (found === undefined || factory === undefined) throw new Error('no such case');
  const node = parseYaml(found.config, 'test');
  const problems = new Problems();
  const config = decode(node, factory.schema as Schema, [], node, problems);
  expect(problems.all).toEqual([]);
  expect(factory.validate?.(config)).toEqual([]);
  const got: Batch[] = [];
  const next = { consume: async (batch: Batch) => void got.push(batch) };
  const processor = await factory.create(testSettings('p'), config, signal, next);
  const bytes = requests.get(signal) ?? new Uint8Array();
  await processor.consume(new Batch(signal, [bytes], countItems(signal, bytes)));
  return Buffer.from(toJson(requestOf[signal], got[0]?.bytes() ?? new Uint8Array())).toString();
}

gated(otelcol === undefined ? 'SONDE_OTELCOL is not set' : undefined)(
  'the fixture is what the reference Collector makes',
  async () => {
    const lines = await collectorLines(otelcol ?? '', cases, requests);
    if (process.env['SONDE_RECORD'] === '1' || !existsSync(FIXTURE)) {
      writeFileSync(FIXTURE, `${JSON.stringify(Object.fromEntries(lines), undefined, 1)}\n`);
    }
    const recorded = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Record<string, string>;
    for (const [name, line] of lines) expect([name, canonical(line)]).toEqual([name, canonical(recorded[name] ?? '0')]);
  },
);

test.each(
  cases.flatMap(({ signals, processor, config }, i) => signals.map((signal) => ({ signal, processor, config, i }))),
)('$processor $i, $signal: as the Collector', async ({ i, signal }) => {
  const recorded = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Record<string, string>;
  expect(canonical(await sonde(i, signal))).toEqual(canonical(recorded[`${i} ${signal}`] ?? '0'));
});

test.each([
  ['attributes', '{}', 'missing required field "actions"'],
  ['resource', '{}', 'missing required field "attributes"'],
  [
    'attributes',
    '{actions: [{key: a, action: convert, converted_type: array}]}',
    'error with key "a" (0-th action): error creating AttrProc due to invalid value "array" in field "converted_type" for action "convert"',
  ],
  [
    'attributes',
    '{actions: [{key: a, action: insert}]}',
    'error with key "a" (0-th action): error creating AttrProc. Either field "value", "from_attribute", "from_context", or "default_value" must be specified',
  ],
  [
    'attributes',
    '{actions: [{action: delete}]}',
    'error creating AttrProc due to missing required field (at least one of "key" and "pattern" have to be used) at the 0-th action',
  ],
  [
    'attributes',
    '{actions: [{key: a, action: extract, pattern: "(x)"}]}',
    'error with key "a" (0-th action): error creating AttrProc. Field "pattern" contains at least one unnamed matcher group',
  ],
  [
    'resource',
    '{attributes: [{key: a, action: jump}]}',
    'error with key "a" (0-th action): error creating AttrProc due to unsupported action "jump"',
  ],
])('%s %s is refused', (processor, yaml, message) => {
  const node = parseYaml(yaml, 'test');
  const config = decode(node, factories[processor]?.schema as Schema, [], node, new Problems());
  expect(factories[processor]?.validate?.(config)).toMatchObject([{ message }]);
});
