import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseArguments, UsageError } from '../../src/cli/arguments.ts';
import { replay } from '../../src/cli/replay.ts';
import { spansText } from '../../src/cli/replay_text.ts';
import { spansOf } from '../support/otlp.ts';
import { pcap } from '../support/packets.ts';
import { TcpScript } from '../support/tcp_script.ts';

const script = new TcpScript().open();
for (const path of ['/a', '/b']) {
  script.send('client', `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).send('server', 'HTTP/1.1 204 No Content\r\n\r\n');
}
const file = pcap(script.close().packets);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sonde-replay-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Result {
  readonly code: number | undefined;
  readonly error: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** `sonde replay ARGS`, with `input` as standard input. */
async function run(
  args: readonly string[],
  input: Buffer = Buffer.alloc(0),
  stdout = new PassThrough(),
): Promise<Result> {
  const stderr = new PassThrough();
  const texts = [stdout, stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString();
  });
  let code: number | undefined;
  let error = '';
  try {
    // In pieces that end anywhere.
    const stdin = Readable.from(
      Array.from({ length: Math.ceil(input.length / 7) }, (_, i) => input.subarray(i * 7, i * 7 + 7)),
    );
    code = await replay(parseArguments(['replay', ...args]).replay, { stdin, stdout, stderr });
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  return { code, error, stdout: texts[0]?.() ?? '', stderr: texts[1]?.() ?? '' };
}

const paths = ({ stdout }: Result): unknown[] => spansOf(stdout).map(({ attributes }) => attributes['url.path']);

describe('reads', () => {
  test.each([
    { name: 'a file', content: file },
    { name: 'a compressed file', content: gzipSync(file) },
  ])('$name', async ({ content }) => {
    const path = join(folder, 'capture');
    writeFileSync(path, content);
    const result = await run([path]);
    expect({ code: result.code, error: result.error, paths: paths(result) }).toEqual({
      code: 0,
      error: '',
      paths: ['/a', '/b'],
    });
    expect(paths(await run(['-'], content))).toEqual(['/a', '/b']);
  });
});

test('text, and what was seen on stderr', async () => {
  const { stdout, stderr } = await run(['-', '--format', 'text'], file);
  expect(stdout).toMatch(
    /^2026-11-21T12:00:00\.\d{6}Z 1ms http1 [\d.]+:\d+ GET \/a .*http\.response\.status_code=204/m,
  );
  expect(stderr).toBe(`capture:     pcap, 10 packets, 650 bytes, 0.009 s from 2026-11-21T12:00:00.000Z
connections: 1
decoders:    http1 1
spans:       2
missing:     0 gaps with 0 bytes
TCP:         0 out of order; 0 bytes came again (the first were taken); 0 bytes never arrived
rejects:     none
left out:    none
`);
});

test('a text of several lines stays in its line, and a trace that the request names is told', async () => {
  const statement = 'SELECT a,\n\t1 FROM b';
  const request = ['*1', '$4', 'PING', ''].join('\r\n');
  const traced =
    'GET /t HTTP/1.1\r\nHost: a\r\ntraceparent: 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01\r\n\r\n';
  const packets = new TcpScript()
    .open()
    .send('client', traced)
    .send('server', 'HTTP/1.1 204 No Content\r\n\r\n')
    .close().packets;
  const { stdout } = await run(['-', '--format', 'text'], pcap(packets));
  expect(stdout).toMatch(/^\S+ \S+ http1 \S+ GET \/t trace=0123456789abcdef0123456789abcdef .*\n$/);
  const span = { name: statement, attributes: [{ key: 'a', value: { stringValue: request } }] };
  const text = spansText({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  expect(text).toBe('1970-01-01T00:00:00.000000Z 0s   SELECT a,\\n\\t1 FROM b a=*1\\r\\n$4\\r\\nPING\\r\\n\n');
});

describe('says what is wrong', () => {
  const broken = Buffer.concat([file, Buffer.alloc(16, 0xff)]);
  const compressed = gzipSync(broken);
  test.each([
    {
      name: 'a broken packet',
      input: broken,
      spans: 2,
      error: `standard input is broken at byte ${file.length}: a packet of 4294967295 bytes; remedy: `,
    },
    {
      name: 'a cut file',
      input: file.subarray(0, -5),
      spans: 2,
      error: /^standard input is broken at byte \d+: it ends in the middle/,
    },
    {
      name: 'a broken packet, compressed',
      input: compressed,
      spans: 2,
      error: `standard input is broken at byte ${file.length}: a packet`,
    },
    {
      name: 'a cut compression',
      input: gzipSync(file).subarray(0, -5),
      spans: 2,
      error: /^standard input is broken at byte \d+: unexpected end of file/,
    },
    {
      name: 'no capture',
      input: Buffer.from('{}  '),
      spans: 0,
      error: /^standard input is no capture that Sonde reads: it begins with 7b7d2020/,
    },
    {
      name: 'one byte',
      input: Buffer.from('x'),
      spans: 0,
      error: /^standard input is no capture that Sonde reads: it is too short/,
    },
    { name: 'nothing', input: Buffer.alloc(0), spans: 0, error: /it is too short/ },
  ])('$name', async ({ input, spans, error }) => {
    const result = await run(['-'], input);
    expect(result.code).toBeUndefined();
    expect(paths(result)).toHaveLength(spans);
    if (typeof error === 'string') expect(result.error).toContain(error);
    else expect(result.error).toMatch(error);
    // Of what could not be read at all there is no summary.
    expect(result.stderr).toMatch(spans === 0 ? /^$/ : new RegExp(`^spans: +${spans}$`, 'm'));
  });

  test.each([
    { path: 'nothing.pcap', error: /^cannot read .*nothing\.pcap: ENOENT/ },
    { path: '', error: /^cannot read .*: EISDIR/ },
  ])('"$path"', async ({ path, error }) => {
    expect((await run([join(folder, path)])).error).toMatch(error);
  });

  test.each([
    { args: [], error: 'accepts 1 arg(s), received 0: the capture file' },
    { args: ['a', 'b'], error: 'accepts 1 arg(s), received 2' },
    { args: ['-', '--format', 'yaml'], error: 'unrecognized replay format: yaml: formats are: otlp-json, text' },
    {
      args: ['-', '--port-hint', 'http1'],
      error: 'invalid argument "http1" for "--port-hint" flag: write it as 8080=http1',
    },
    {
      args: ['-', '--port-hint', '0=http1'],
      error: 'invalid argument "0=http1" for "--port-hint" flag: write it as 8080=http1',
    },
    {
      args: ['-', '--port-hint', '65536=http1'],
      error: 'invalid argument "65536=http1" for "--port-hint" flag: write it as 8080=http1',
    },
    {
      args: ['-', '--port-hint', '80=gopher'],
      error: /^unknown protocol "gopher" for "--port-hint" flag: protocols are: http1, http2, /,
    },
  ])('$args', async ({ args, error }) => {
    const result = await run(args);
    if (typeof error === 'string') expect(result.error).toBe(error);
    else expect(result.error).toMatch(error);
    expect(() => parseArguments(['replay', '-', '--port-hint', 'x'])).toThrow(UsageError);
  });
});

test('a reader that is gone ends it', async () => {
  const closed = new Writable({
    write: (_, __, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const stderr = new PassThrough();
  const { replay: args } = parseArguments(['replay', '-']);
  expect(await replay(args, { stdin: Readable.from([file]), stdout: closed, stderr })).toBe(1);
});
