import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseArguments } from '../../src/cli/arguments.ts';
import { printConfig, print as printValue } from '../../src/cli/print_config.ts';
import type { Schema } from '../../src/config/schema.ts';
import { telemetrySchema } from '../../src/config/telemetry.ts';
import { registry } from '../../src/registry.ts';
import type { Kind } from '../../src/service/registry.ts';

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

const MARK = 'a-secret';
/** Keys that hold what nobody should read. */
const secretive = /headers|pem$|passw|secret|token|proxy_url|api_?key|credential|^(owner_)?auth$|^options$/;
/** Keys of such names that hold none: names of headers, a name of a component. */
const harmless = ['cors.allowed_headers', 'cors.exposed_headers', 'http.headers.request', 'http.headers.response'];

/** A value that has MARK wherever the schema allows a secret; paths of the keys whose names say so go to `named`. */
function filled(schema: Schema, path: string, named: string[]): unknown {
  const key = path.split('.').at(-1) ?? '';
  if (secretive.test(key) && !harmless.some((each) => path.endsWith(each))) named.push(path);
  const { type, properties, additionalProperties: free, items } = schema;
  if (properties !== undefined) {
    return Object.fromEntries(
      Object.entries(properties).map(([name, inner]) => [name, filled(inner, `${path}.${name}`, named)]),
    );
  }
  if (typeof free === 'object') return { name: filled(free, `${path}.name`, named) };
  if (items !== undefined) return [filled(items, `${path}.0`, named)];
  if (schema['x-sonde-secret'] === true) return type === 'object' || type === undefined ? { name: MARK } : MARK;
  return type === 'string' && schema.format === undefined ? 'plain' : undefined;
}

/** The schemas of a path's keys, from the root. */
function along(root: Schema, path: string): Schema[] {
  const found: Schema[] = [];
  let schema: Schema | undefined = root;
  for (const key of path.split('.').slice(1)) {
    const free: Schema['additionalProperties'] = schema?.additionalProperties;
    schema = schema?.properties?.[key] ?? schema?.items ?? (typeof free === 'object' ? free : undefined);
    if (schema !== undefined) found.push(schema);
  }
  return found;
}

const kinds: readonly Kind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension'];
const all = kinds.flatMap((kind) => registry.types(kind).map((type) => [kind, type] as const));

test.each(all)('no secret of %s %s is printed, and every key that sounds like one is one', async (kind, type) => {
  const schema = (await registry.load(kind, type))?.schema as Schema;
  const named: string[] = [];
  const value = filled(schema, type, named);
  const shown = JSON.stringify(printValue(value, schema, { redact: true, nanoseconds: false }));
  expect(shown).not.toContain(MARK);
  const open = named.filter((path) => {
    const last = along(schema, path);
    const inner = last.at(-1);
    const free = inner?.additionalProperties;
    const secret = (each: Schema | undefined): boolean => each?.['x-sonde-secret'] === true;
    const holds = inner?.type === 'string' || inner?.type === 'object' || inner?.type === undefined;
    const section = Object.values(inner?.properties ?? {}).length > 0;
    return holds && !section && !last.some(secret) && !(typeof free === 'object' && secret(free));
  });
  expect(open).toEqual([]);
});

test('no secret of service::telemetry is printed', () => {
  const schema = telemetrySchema as Schema;
  const shown = printValue(filled(schema, 'telemetry', []), schema, { redact: true, nanoseconds: false });
  expect(JSON.stringify(shown)).not.toContain(MARK);
});

test('a password in a URL is hidden, whatever key has it', async () => {
  const text = await print('--set=exporters.otlphttp.endpoint=http://user:pass@a:1/b');
  expect(parse(text).exporters.otlphttp.endpoint).toBe('http://[REDACTED]@a:1/b');
});

test('so are the values of its query, where keys of APIs are', async () => {
  const text = await print('--set=exporters.otlphttp.endpoint=https://a:1/b?api_key=abc&flag&x=1#f');
  expect(parse(text).exporters.otlphttp.endpoint).toBe('https://a:1/b?api_key=[REDACTED]&flag&x=[REDACTED]#f');
});

test.each([
  '--set=exporters.otlphttp.endpoint=http://user:abc@a:99999',
  '--set=exporters.otlp_grpc.endpoint=user:abc@a:4317',
])('an error does not quote a password: %s', async (set) => {
  const error = await print(set).then(String, (reason: Error) => reason.message);
  expect(error).toContain('[REDACTED]@a:');
  expect(error).not.toContain('abc');
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
