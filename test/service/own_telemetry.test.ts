import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { decode } from '../../src/config/decode.ts';
import { Problems } from '../../src/config/problem.ts';
import type { Schema } from '../../src/config/schema.ts';
import { type TelemetryConfig, telemetrySchema } from '../../src/config/telemetry.ts';
import { validateTelemetry } from '../../src/config/telemetry_rules.ts';
import { parseYaml } from '../../src/config/yaml.ts';
import { LogSampler } from '../../src/service/log_sampler.ts';
import { senderOptions } from '../../src/service/own_otlp.ts';
import { ownResource } from '../../src/service/own_resource.ts';
import { OwnTelemetry } from '../../src/service/own_telemetry.ts';

const buildInfo = { command: 'sonde', version: '1.2.3' };

function configOf(yaml: string): TelemetryConfig {
  const problems = new Problems();
  const node = parseYaml(yaml, 'test');
  const config = decode(node, telemetrySchema as Schema, [], node, problems) as TelemetryConfig;
  expect([...problems.all, ...validateTelemetry(config)]).toEqual([]);
  return config;
}

const folder = mkdtempSync(join(tmpdir(), 'sonde-own-'));
afterAll(() => rmSync(folder, { recursive: true }));
let running: OwnTelemetry | undefined;
afterEach(() => running?.shutdown(performance.now() + 1000));
const started = async (yaml: string): Promise<OwnTelemetry> => {
  running = await OwnTelemetry.start(configOf(yaml), buildInfo);
  return running;
};
const scrape = async (telemetry: OwnTelemetry, reader = 0): Promise<string> =>
  (await fetch(`http://127.0.0.1:${telemetry.ports[reader]}/metrics`)).text();

describe('Prometheus', () => {
  test('one reader on localhost:8888 with the Collector’s names is the default', () => {
    const [reader] = configOf('').metrics.readers;
    expect(reader).toEqual({
      pull: {
        exporter: {
          prometheus: {
            host: 'localhost',
            port: 8888,
            without_scope_info: true,
            without_type_suffix: true,
            without_units: true,
          },
        },
      },
    });
  });

  test('what components count, what the process uses, and who it is', async () => {
    const telemetry = await started(
      'metrics: {readers: [{pull: {exporter: {prometheus: {host: localhost, port: 0}}}}]}',
    );
    const scope = telemetry.registry.scope({ receiver: 'otlp' });
    const options = { description: 'Number of spans.', unit: '{spans}' };
    scope.counter('otelcol_receiver_accepted_spans', options)(3, { transport: 'g"r\\pc' });
    let open = 5;
    scope.observable('x.open', { description: 'Open.', unit: 'By', monotonic: false }, () => [[open, {}]]);
    const text = await scrape(telemetry);
    expect(text).toContain(
      '# HELP otelcol_receiver_accepted_spans Number of spans.\n# TYPE otelcol_receiver_accepted_spans counter\n' +
        'otelcol_receiver_accepted_spans{receiver="otlp",transport="g\\"r\\\\pc"} 3\n',
    );
    expect(text).toContain('# TYPE x_open gauge\nx_open{receiver="otlp"} 5\n');
    expect(text).toMatch(/^otelcol_process_memory_rss \d{7,}$/m);
    expect(text).toMatch(
      /^target_info\{service_instance_id="[0-9a-f-]{36}",service_name="sonde",service_version="1.2.3"\} 1$/m,
    );
    open = 6;
    expect(await scrape(telemetry)).toContain('x_open{receiver="otlp"} 6\n');
    // A component that was stopped is not asked any more; what it counted stays.
    scope.close();
    const after = await scrape(telemetry);
    expect(after).not.toContain('x_open{');
    expect(after).toContain('accepted_spans{receiver="otlp",transport="g\\"r\\\\pc"} 3\n');
  });

  test.each([
    ['', ['up', 'a_bytes', 'lvl'], '# TYPE lvl gauge\nlvl 1\n'],
    [
      'without_units: false, without_scope_info: false',
      ['up_seconds_total', 'a_bytes_total', 'lvl_bytes'],
      'lvl_bytes{otel_scope_name="sonde",otel_scope_schema_url="",otel_scope_version=""} 1\n',
    ],
    ['without_type_suffix: false', ['up_seconds_total', 'a_bytes_total', 'lvl_bytes'], '\nlvl_bytes 1\n'],
    [
      'with_resource_constant_labels: {excluded: [service.instance.id]}',
      ['up', 'a_bytes', 'lvl'],
      '\nlvl{service_name="sonde",service_version="1.2.3"} 1\n',
    ],
    [
      'with_resource_constant_labels: {included: [service.name]}',
      ['up', 'a_bytes', 'lvl'],
      '\nlvl{service_name="sonde"} 1\n',
    ],
  ])('names and labels with {%s}', async (style, names, line) => {
    const telemetry = await started(`metrics: {readers: [{pull: {exporter: {prometheus: {port: 0, ${style}}}}}]}`);
    const scope = telemetry.registry.component({});
    const add = (name: string, unit: string, monotonic: boolean) =>
      scope.observable(name, { unit, monotonic, description: '' }, () => [[1, {}]]);
    add('up', 's', true);
    add('a_bytes', 'By', true);
    add('lvl', 'By', false);
    const text = await scrape(telemetry);
    const found = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(found).toEqual(expect.arrayContaining(names));
    expect(text).toContain(line);
  });

  test('a port that is taken is told, and Sonde goes on', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const log = join(folder, 'taken.log');
    const reader = `{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${port}}}}}`;
    await started(`logs: {output_paths: [${log}]}\nmetrics: {readers: [${reader}]}`);
    expect(readFileSync(log, 'utf8')).toContain(`binding address 127.0.0.1:${port} for Prometheus exporter`);
    await new Promise((resolve) => taken.close(resolve));
  });

  test('a reload moves the reader, and none has none', async () => {
    const telemetry = await started('metrics: {readers: [{pull: {exporter: {prometheus: {port: 0}}}}]}');
    const [before] = telemetry.ports;
    const same = configOf('metrics: {readers: [{pull: {exporter: {prometheus: {port: 0}}}}]}');
    await telemetry.apply(same);
    expect(telemetry.ports).toEqual([before]);
    await telemetry.apply(configOf('metrics: {level: none}'));
    expect(telemetry.ports).toEqual([]);
    await expect(fetch(`http://127.0.0.1:${before}/metrics`)).rejects.toThrow();
  });
});

describe('logs', () => {
  test('encoding, fields, level and files', async () => {
    const log = join(folder, 'a.log');
    const telemetry = await started(
      `logs: {level: WARN, encoding: json, output_paths: [${log}], initial_fields: {a: 1}, disable_caller: true}\nmetrics: {level: none}`,
    );
    telemetry.logger.info('no');
    telemetry.logger.warn('yes', { b: 2 });
    expect(JSON.parse(readFileSync(log, 'utf8'))).toEqual({
      level: 'warn',
      ts: expect.any(String),
      msg: 'yes',
      a: 1,
      b: 2,
    });
    // A reload changes every logger that was handed out.
    const logger = telemetry.logger.with('x', {});
    await telemetry.apply(configOf(`logs: {output_paths: [${log}]}\nmetrics: {level: none}`));
    logger.info('later');
    expect(readFileSync(log, 'utf8')).toMatch(/\tinfo\tx\tlater\n$/);
  });

  test('repeated messages are thinned out until the tick is over', () => {
    let now = 0;
    const sampler = new LogSampler({ tick: 1000, initial: 2, thereafter: 3 }, () => now);
    const written = (): number[] => [1, 2, 3, 4, 5, 6, 7, 8].filter(() => !sampler.drops('info', 'same'));
    expect(written()).toEqual([1, 2, 5, 8]);
    expect(sampler.drops('info', 'other')).toBe(false);
    expect(sampler.drops('warn', 'same')).toBe(false);
    now = 1000;
    expect(written()).toEqual([1, 2, 5, 8]);
  });
});

test('the attributes list wins; null removes', () => {
  const resource = { a: 'b', 'service.version': null, schema_url: 'x', attributes: [{ name: 'a', value: 'c' }] };
  const { 'service.instance.id': id, ...rest } = ownResource(resource, buildInfo);
  expect(rest).toEqual({ 'service.name': 'sonde', a: 'c' });
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
});

test.each([
  ['endpoint: "http://c:4318"', { url: 'http://c:4318/v1/metrics' }],
  ['endpoint: "http://c:4318/x"', { url: 'http://c:4318/x' }],
  ['{endpoint: "c:4318", insecure: true}', { url: 'http://c:4318/v1/metrics' }],
  ['{endpoint: "c:4318"}', { url: 'https://c:4318/v1/metrics' }],
  ['headers_list: "a=b%20c, d=e"', { headers: { a: 'b c', d: 'e' } }],
  ['headers: {a: b}', { headers: { a: 'b' } }],
])('OTLP target %s', (yaml, expected) => {
  const text = yaml.startsWith('{') ? yaml : `{${yaml}}`;
  const { metrics } = configOf(`metrics: {readers: [{periodic: {exporter: {otlp: ${text}}}}]}`);
  const target = metrics.readers[0]?.periodic?.exporter.otlp;
  const { url, headers } = target === undefined ? never() : senderOptions(target, 'metrics');
  expect({ url: url.href, headers }).toMatchObject(expected);
});

function never(): never {
  throw new Error('no target');
}
