import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { factory } from '../../../src/exporters/file/factory.ts';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { requestOf } from '../../../src/pdata/otlp/schema.ts';
import { toJson } from '../../../src/pdata/otlp/to_json.ts';
import { Batch, type Signal, signals } from '../../../src/pdata/pdata.ts';
import { nativeCompression } from '../../../src/transport/native_compression.ts';
import { httpPaths } from '../../../src/transport/signals.ts';
import { fileConfig } from '../../support/file_exporter.ts';
import { gatedGroup } from '../../support/gated.ts';
import { otelcolBinary, otelcolMissing } from '../../support/otelcol.ts';
import { send } from '../../support/otlp_receivers.ts';
import { samples } from '../../support/otlp_samples.ts';
import { freePort } from '../../support/ports.ts';
import { testSettings } from '../../support/settings.ts';
import { until } from '../../support/until.ts';

/** DIR is the directory that is compared. */
const cases: Readonly<Record<string, string>> = {
  json: '{path: DIR/x.json}',
  proto: '{path: DIR/x.bin, format: proto}',
  zstd: '{path: DIR/x.zst, compression: zstd}',
  'zstd-proto': '{path: DIR/x.zst, compression: zstd, format: proto, compression_params: {level: 6}}',
  append: '{path: DIR/old.json, append: true}',
  truncate: '{path: DIR/old.json}',
  directory: '{path: DIR/a/b/x.json, create_directory: true, directory_permissions: "0750"}',
  'directory-default': '{path: DIR/a/x.json, create_directory: true}',
  group: '{path: "DIR/*.json", group_by: {enabled: true}}',
  'group-attribute': '{path: "DIR/in/s-*-x/out.json", group_by: {enabled: true, resource_attribute: service.name}}',
  'group-proto-zstd': '{path: "DIR/*", format: proto, compression: zstd, group_by: {enabled: true}}',
  rotation: '{path: DIR/r.json, rotation: {max_megabytes: 1, max_backups: 3, localtime: true}}',
  'rotation-of-old': '{path: DIR/old.json, rotation: {max_megabytes: 1}}',
};

const resource = (attributes: Readonly<Record<string, string>>, name: string) => ({
  resource: { attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } })) },
  scopeSpans: [{ spans: [{ name, traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(2) }] }],
});

/** What both get, one after the other. */
const sent: readonly Batch[] = [
  ...signals.map((signal) => new Batch(signal, [encodeMessage(requestOf[signal], samples[signal])], 1)),
  new Batch(
    'traces',
    [
      encodeMessage('ExportTraceServiceRequest', {
        resourceSpans: [
          resource({ 'fileexporter.path_segment': 'one', 'service.name': 'shop' }, 'a'),
          resource({ 'service.name': '../../up' }, 'b'),
          resource({ 'fileexporter.path_segment': '/../two/x' }, 'c'),
          resource({ 'fileexporter.path_segment': 'one', 'service.name': './here/' }, 'd'),
          resource({ 'fileexporter.path_segment': '../up' }, 'e'),
        ],
      }),
    ],
    5,
  ),
  ...Array.from({ length: 6 }, (_, i) => {
    const big = resource({}, `${i}`.repeat(300_000));
    return new Batch('traces', [encodeMessage('ExportTraceServiceRequest', { resourceSpans: [big] })], 1);
  }),
];

gatedGroup(otelcolMissing)('beside the Collector', () => {
  const root = mkdtempSync(join(tmpdir(), 'sonde-file-both-'));
  const directoryOf = (whose: 'own' | 'reference', name: string): string => join(root, whose, name);

  beforeAll(async () => {
    for (const whose of ['own', 'reference'] as const) {
      for (const name of Object.keys(cases)) {
        mkdirSync(directoryOf(whose, name), { recursive: true });
        writeFileSync(join(directoryOf(whose, name), 'old.json'), 'old\n');
      }
    }
    await writeByCollector((name) => directoryOf('reference', name));
    for (const name of Object.keys(cases)) await writeBySonde(name, directoryOf('own', name));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test.each(Object.keys(cases))('%s: the same files with the same bytes and modes', (name) => {
    const canonical = (cases[name] ?? '').includes('format: proto')
      ? (message: Buffer, i: number): string => jsonOf(message, name.startsWith('group') ? 'traces' : sent[i]?.signal)
      : undefined;
    const [own, reference] = (['own', 'reference'] as const).map((whose) =>
      contents(directoryOf(whose, name), canonical),
    );
    expect(own).toEqual(reference);
  });
});

async function writeBySonde(name: string, directory: string): Promise<void> {
  const { config, messages } = fileConfig((cases[name] ?? '').replaceAll('DIR', directory));
  expect(messages).toEqual([]);
  const exporter = await factory.create(testSettings('file'), config, 'traces');
  await exporter.start();
  for (const batch of sent) {
    // The Collector leaves the dictionary of profiles out of groups.
    if (batch.signal !== 'profiles' || !config.group_by.enabled) await exporter.consume(batch);
  }
  await exporter.shutdown(performance.now() + 1000);
}

async function writeByCollector(directoryFor: (name: string) => string): Promise<void> {
  const port = await freePort();
  const names = Object.keys(cases);
  const exporters = (signal: string): string =>
    names
      .filter((name) => signal !== 'profiles' || !name.startsWith('group'))
      .map((name) => `file/${name}`)
      .join(', ');
  const config = [
    'receivers:',
    `  otlp: {protocols: {http: {endpoint: '127.0.0.1:${port}'}}}`,
    'exporters:',
    ...names.map((name) => `  file/${name}: ${(cases[name] ?? '').replaceAll('DIR', directoryFor(name))}`),
    'service:',
    '  telemetry: {metrics: {level: none}}',
    '  pipelines:',
    ...signals.map((signal) => `    ${signal}: {receivers: [otlp], exporters: [${exporters(signal)}]}`),
  ].join('\n');
  const args = ['--config', `yaml:${config}`, '--feature-gates=service.profilesSupport'];
  const child: ChildProcess = spawn(otelcolBinary, args, { stdio: 'ignore' });
  const gone = new Promise((done) => child.once('exit', done));
  try {
    const up = async (): Promise<boolean> =>
      send(port, { path: '/' }).then(
        () => true,
        () => false,
      );
    await until(up, 'the Collector', 20_000);
    for (const batch of sent) {
      const headers = { 'content-type': 'application/x-protobuf' };
      const { status } = await send(port, { path: httpPaths[batch.signal], headers, body: batch.bytes() });
      expect(status).toBe(200);
    }
  } finally {
    child.kill('SIGTERM');
    await gone;
  }
}

/** The Collector orders the fields of protobuf anew. */
function jsonOf(message: Buffer, signal: Signal = 'traces'): string {
  return Buffer.from(toJson(requestOf[signal], message)).toString();
}

/**
 * Path, mode and text of each file below; messages behind a length are told apart, frames of zstd opened, and times in names of
 * backups left out.
 */
function contents(directory: string, canonical?: (message: Buffer, i: number) => string): unknown[] {
  return (readdirSync(directory, { recursive: true }) as string[]).sort().map((name) => {
    const path = join(directory, name);
    const { mode } = statSync(path);
    const shown = { name: name.replace(/-\d{4}-[\dT.-]+-size/, '-TIME-size'), mode: (mode & 0o777).toString(8) };
    if (statSync(path).isDirectory()) return shown;
    const bytes = readFileSync(path);
    const framed = bytes[0] === 0;
    if (!framed) return { ...shown, text: bytes.toString() };
    return { ...shown, messages: messagesOf(bytes).map((each, i) => canonical?.(each, i) ?? each.toString()) };
  });
}

const ZSTD_MAGIC = 0xfd2fb528;

function messagesOf(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    const message = bytes.subarray(at + 4, end);
    const packed = message.length > 4 && message.readUInt32LE(0) === ZSTD_MAGIC;
    messages.push(packed ? Buffer.from(nativeCompression().decompress('zstd', message, 1e8) ?? []) : message);
    at = end;
  }
  return messages;
}
