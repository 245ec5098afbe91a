// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expansions are what is tested
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';

const ajv = new Ajv({ strict: false, allErrors: true });
const check = ajv.compile(JSON.parse(readFileSync('config/schema.json', 'utf8')));
const problems = (config: unknown): string[] => {
  check(config);
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};

const files = readdirSync('config').filter((name) => name.endsWith('.yaml'));

test.each(files)('config/%s conforms and names the schema', (name) => {
  const text = readFileSync(join('config', name), 'utf8');
  expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/schema\.json\n/);
  expect(problems(parse(text))).toEqual([]);
});

test.each([
  ['exporters: {otlphttp: {endpoint: "${env:X}", timeout: 5s, sending_queue: {queue_size: "${env:N}"}}}', []],
  ['processors: {batch: , batch/2: {timeout: 0, send_batch_size: null}}', []],
  ['service: {telemetry: {metrics: {level: none}}, pipelines: {traces/a: {receivers: [x], exporters: [y]}}}', []],
  ['exporters: {nope: }', ['/exporters must NOT have additional properties']],
  ['processors: {batch: {tmieout: 5s}}', ['/processors/batch must NOT have additional properties']],
  ['processors: {batch: {timeout: soon}}', [expect.stringMatching(/^\/processors\/batch\/timeout must match pattern/)]],
  [
    'exporters: {debug: {verbosity: loud}}',
    expect.arrayContaining([expect.stringMatching(/verbosity must be equal to one of/)]),
  ],
  [
    'service: {pipelines: {spans: {receivers: [x], exporters: [y]}}}',
    ['/service/pipelines must NOT have additional properties'],
  ],
] as const)('%s', (yaml, expected) => {
  expect(problems(parse(yaml))).toEqual(expected);
});
