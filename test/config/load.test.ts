// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expansions are what is tested
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { plain } from '../../src/config/decode.ts';
import { load } from '../../src/config/load.ts';
import { problemsOf, read } from './read.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-load-'));
afterAll(() => rmSync(folder, { recursive: true }));
const variables: Readonly<Record<string, string>> = {
  NUMBER: '0123',
  TEXT: 'abc',
  EMPTY: '',
  LIST: '[a, 2]',
  MAP: '{a: 1}',
  NESTED: '${env:TEXT}',
  NAME: 'TEXT',
  DOLLAR: 'a$$b',
  COLON: 'a: b: c',
  TRUE: 'true',
};

function values(yaml: string, sets: readonly string[] = []): unknown {
  return plain(load({ uris: [`yaml:${yaml}`], sets, env: variables, warn: () => undefined }));
}

describe('expansion', () => {
  test.each([
    ['${env:TEXT}', 'abc'],
    ['${TEXT}', 'abc'],
    ['${env:NUMBER}', 83],
    ['x-${env:NUMBER}', 'x-0123'],
    ['${env:TRUE}', true],
    ['${env:UNSET}', null],
    ['${env:EMPTY}', null],
    ['${env:UNSET:-5}', 5],
    ['${env:UNSET:-http://a:1}', 'http://a:1'],
    ['${env:TEXT:-x}', 'abc'],
    ['${env:LIST}', ['a', 2]],
    ['${env:MAP}', { a: 1 }],
    ['${env:NESTED}', 'abc'],
    ['${env:${env:NAME}}', 'abc'],
    ['${yaml:[1, 2]}', [1, 2]],
    ['$$', '$'],
    ['$${TEXT}', '${TEXT}'],
    ['$$${TEXT}', '$abc'],
    ['$TEXT', '$TEXT'],
    ['a$$b', 'a$b'],
    ['${env:DOLLAR}', 'a$b'],
    ['${env:COLON}', 'a: b: c'],
    ['${TEXT}${TEXT}', 'abcabc'],
  ])('%s', (text, expected) => {
    expect(values(`v: '${text}'`)).toEqual({ v: expected });
  });

  test('a string field takes the text of a variable', async () => {
    const base =
      'receivers: {ebpf_socket: }\nservice: {pipelines: {traces: {receivers: [ebpf_socket], exporters: [file]}}}\n';
    const { components } = await read([`yaml:${base}exporters: {file: {path: "\${env:NUMBER}"}}`]);
    expect(components.exporter.get('file')?.config).toMatchObject({ path: '0123' });
  });
});

describe('merge', () => {
  test.each([
    ['a: {b: 1, c: 2}', 'a: {c: 3}', { a: { b: 1, c: 3 } }],
    ['a: [1, 2]', 'a: [3]', { a: [3] }],
    ['a: {b: 1}', 'a: null', { a: null }],
    ['a: {b: 1}', 'a: {}', { a: { b: 1 } }],
    ['a: 1', 'a: {b: 1}', { a: { b: 1 } }],
    ['a::b: 1', 'a: {c: 2}', { a: { b: 1, c: 2 } }],
  ])('%s and %s', (first, second, expected) => {
    const tree = load({ uris: [`yaml:${first}`, `yaml:${second}`], sets: [], env: {}, warn: () => undefined });
    expect(plain(tree)).toEqual(expected);
  });

  test('--set comes last and parses YAML', () => {
    expect(values('a: {b: 1, c: 2}', ['a.b=[x]', 'a.d.e=5s'])).toEqual({ a: { b: ['x'], c: 2, d: { e: '5s' } } });
  });

  test('errors name the option', async () => {
    const base =
      'receivers: {ebpf_socket: }\nexporters: {debug: }\nservice: {pipelines: {traces: {receivers: [ebpf_socket], exporters: [debug]}}}';
    expect(await problemsOf([`yaml:${base}`], ['exporters.debug.verbosity=loud'])).toEqual([
      '--set exporters.debug.verbosity: exporters::debug::verbosity: unsupported value "loud" (one of: basic, normal, detailed)',
    ]);
    expect(await problemsOf([], [])).toEqual(['at least one config flag must be provided (add --config FILE)']);
    expect(await problemsOf(['yaml:a: b'], ['x'])).toEqual([
      'invalid argument "x" for "--set" flag: missing equal sign',
    ]);
    expect(await problemsOf(['ftp:x'])).toEqual([
      '--config=ftp:x: cannot resolve the configuration: unsupported scheme on URI "ftp:x" (use a file name, env:NAME, yaml:TEXT or https://…)',
    ]);
  });

  test('errors do not print values of options', async () => {
    const problems = await problemsOf(
      ['yaml:exporters::otlp_http: {headers: {a: [secret]}}'],
      ['exporters.otlp_http.headers.b=[secret]'],
    );
    expect(problems.length).toBeGreaterThan(1);
    expect(problems.join('\n')).not.toContain('secret');
    expect(problems.join('\n')).toContain(
      '--config=yaml:exporters::otlp_http: exporters::otlp_http::headers::a: expected',
    );
  });

  test('the later file is named', async () => {
    const [first, second] = ['first.yaml', 'second.yaml'].map((name) => join(folder, name)) as [string, string];
    writeFileSync(first, 'receivers: {ebpf_socket: }\nexporters: {debug: {verbosity: normal}}\n');
    writeFileSync(
      second,
      'exporters:\n  debug:\n    verbosity: loud\nservice: {pipelines: {traces: {receivers: [ebpf_socket], exporters: [debug]}}}\n',
    );
    const [problem] = await problemsOf([first, second]);
    expect(problem).toMatch(`${second}:3:16: exporters::debug::verbosity`);
  });
});

describe('YAML', () => {
  test('merge keys: explicit keys win, earlier maps win', () => {
    const text = 'x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  b: 9\n  <<: [*x, *y]\n';
    expect(values(text)).toMatchObject({ z: { a: 1, b: 9, c: 2 } });
  });

  test('an alias bomb is refused', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 10; i++)
      lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);
    const problems = await problemsOf([`yaml:${lines.join('\n')}`]);
    expect(problems.join('\n')).toContain('the document is too large or contains excessive aliasing');
  });
});

test.each(readdirSync('config').filter((name) => name.endsWith('.yaml')))('config/%s is valid', async (name) => {
  expect(await problemsOf([join('config', name)])).toEqual([]);
});

test('the telemetry that the operator writes is accepted', async () => {
  const text = `receivers: {ebpf_socket: }
exporters: {otlphttp: {endpoint: "http://c:4318", tls: {insecure: true}}}
service:
  telemetry:
    logs: {level: debug, sampling: {enabled: true, tick: 10s}, initial_fields: {a: b}}
    metrics:
      level: detailed
      readers: [{pull: {exporter: {prometheus: {host: 0.0.0.0, port: 8888, without_units: false}}}}]
    resource: {service.name: x}
  pipelines: {traces: {receivers: [ebpf_socket], exporters: [otlphttp]}}
`;
  const { telemetry, warnings } = await read([`yaml:${text}`]);
  expect(telemetry).toMatchObject({ logs: { level: 'debug', encoding: 'console' }, metrics: { level: 'detailed' } });
  expect(warnings).toEqual([
    '--config=yaml:receivers: exporters::otlphttp: "otlphttp" alias is deprecated; use "otlp_http" instead',
  ]);
});

test('a key without effect and a duration without a unit are warned about, with their place', async () => {
  const text = `receivers: {ebpf_socket: }
exporters:
  otlp_http:
    endpoint: http://c:4318
    force_attempt_http2: true
    write_buffer_size: 524288
    timeout: 10
    idle_conn_timeout: 90000000000
service: {pipelines: {traces: {receivers: [ebpf_socket], exporters: [otlp_http]}}}
`;
  const file = join(folder, 'unused.yaml');
  writeFileSync(file, text);
  const { warnings } = await read([file]);
  expect(warnings).toEqual([
    `${file}:7:14: exporters::otlp_http::timeout: 10 without a unit is nanoseconds (write 10s or 10ms)`,
    `${file}:5:5: exporters::otlp_http::force_attempt_http2: has no effect: requests are HTTP/1.1`,
  ]);
});

test.each([
  ['a: 1\n---\nb: 2\n', 1],
  ['a: 1\n---\n# nothing\n', 0],
  ['---\na: 1\n...\n', 0],
])('of the documents of %j only the first counts, and the others are told of', (text, told) => {
  const file = join(folder, 'documents.yaml');
  writeFileSync(file, text);
  const warnings: unknown[] = [];
  const tree = load({ uris: [file], sets: [], env: {}, warn: (_, fields) => warnings.push(fields) });
  expect(plain(tree)).toEqual({ a: 1 });
  expect(warnings).toEqual(Array.from({ length: told }, () => ({ source: file })));
});
