import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseArguments } from '../../src/cli/arguments.ts';
import { printConfig } from '../../src/cli/print_config.ts';

const config = `yaml:receivers: {otlp: {protocols: {grpc: }}}
processors: {batch: {timeout: 90s}}
exporters: {otlphttp: {endpoint: "http://a:1", headers: {authorization: abc}}}
service: {pipelines: {traces: {receivers: [otlp], processors: [batch], exporters: [otlphttp]}}}`;
const print = (...flags: string[]): Promise<string> =>
  printConfig(parseArguments(['print-config', '--config', config, ...flags]));

test('defaults are filled in, durations are Go’s, secrets are hidden', async () => {
  const text = await print();
  expect(text).not.toContain('abc');
  expect(parse(text)).toMatchObject({
    connectors: {},
    receivers: { otlp: { protocols: { grpc: { endpoint: 'localhost:4317' } } } },
    processors: { batch: { timeout: '1m30s', send_batch_size: 8192 } },
    exporters: { otlphttp: { endpoint: 'http://a:1', headers: { authorization: '[REDACTED]' } } },
    service: {
      pipelines: { traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['otlphttp'] } },
      telemetry: { metrics: { level: 'normal' } },
    },
  });
});

test('unredacted JSON', async () => {
  const value = JSON.parse(await print('--mode=unredacted', '--format=json'));
  expect(value).toMatchObject({
    processors: { batch: { timeout: 90_000_000_000 } },
    exporters: { otlphttp: { headers: { authorization: 'abc' } } },
  });
});

test('the printed configuration is a configuration', async () => {
  const text = await print('--mode=unredacted');
  const again = await printConfig(parseArguments(['print-config', '--mode=unredacted', '--config', `yaml:${text}`]));
  expect(again).toBe(text);
});

test('what is wrong is told unless validation is off', async () => {
  const set = '--set=service.pipelines.traces.exporters=[nope]';
  await expect(print(set)).rejects.toThrow('references exporter "nope" which is not configured');
  expect(parse(await print(set, '--validate=false')).service.pipelines.traces.exporters).toEqual(['nope']);
});

test.each([
  [['print-config', '--mode=x'], 'invalid mode "x": modes are: redacted, unredacted'],
  [['print-config', '--format=x'], 'unrecognized print format: x'],
  [['--feature-gates=x'], /^invalid argument "x" for "--feature-gates" flag: no such feature gate "x"/],
  [['--shutdown-timeout=x'], 'invalid argument "x" for "--shutdown-timeout" flag: write it as 15s'],
  [['featuregate', 'a', 'b'], 'accepts at most 1 arg(s), received 2'],
])('%j', (args, message) => {
  expect(() => parseArguments(args)).toThrow(message);
});
