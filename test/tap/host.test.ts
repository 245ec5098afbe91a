import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { TapHost, type TapSettings } from '../../src/tap/host.ts';
import { until as eventually } from '../support/until.ts';
import { receiver } from './kit.ts';

/** As the fake worker's. */
const SPAN_BYTES = 20_000;

const settings: TapSettings = {
  scope: 'pod',
  ringBytes: 65_536,
  bytesPerOperation: 1024,
  bytesPerInterval: 65_536,
  maxConnections: 10,
  backlogBytes: 0,
  spanBytes: 2 ** 18,
};

/** Two files, because a worker sees the environment as it was when it began, and each says how it behaves. */
const directory = mkdtempSync(join(tmpdir(), 'sonde-host-'));
const files = new Map<string, string>();

beforeAll(async () => {
  for (const behaviour of ['', 'dies at once', 'dies when asked', 'refused']) {
    const file = join(directory, `${behaviour.replaceAll(' ', '_') || 'works'}.mjs`);
    await build({
      entryPoints: [fileURLToPath(new URL('fake_worker.ts', import.meta.url))],
      outfile: file,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      banner: { js: `process.env.FAKE_TAP ??= ${JSON.stringify(behaviour)};` },
    });
    files.set(behaviour, file);
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

const logged: string[] = [];
const log = (message: string): void => void logged.push(message);
const logger = { debug: log, info: log, warn: log, error: log };

let host: TapHost;
let spans = 0;
let bytes = 0;
let points = 0;
/** What downstream says to spans. */
let accept: () => Promise<void>;

function begin(behaviour: string): TapHost {
  host = new TapHost({ logger, workerFile: files.get(behaviour) ?? '', backoffMs: 20 });
  host.register(receiver(), settings, {
    spans: (chunk, count) => {
      spans += count;
      bytes += chunk.length;
      return accept();
    },
    metrics: async (_, count) => {
      points += count;
    },
  });
  return host;
}

beforeEach(() => {
  spans = 0;
  bytes = 0;
  points = 0;
  logged.length = 0;
  accept = async () => {};
});
afterEach(() => host.stop(performance.now() + 2000));

const until = async (condition: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 1000 && !condition(); turn++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition()).toBe(true);
};

test('starts once, hands over spans and metrics, and stops with everything delivered', async () => {
  begin('');
  expect(await Promise.all([host.start(), host.start()])).toMatchObject([{ backend: 'tracepoint' }, { mapBytes: 1 }]);
  await until(() => spans > 5);
  const ledger = await host.collect();
  expect(ledger).toMatchObject({ restarts: 0, 'records.orphaned': 0, 'connections.open': 1 });
  expect(points).toBeGreaterThan(0);
  const last = await host.stop(performance.now() + 2000);
  expect(last['spans.handed_over']).toBe(spans);
  expect(bytes).toBe(spans * SPAN_BYTES);
});

test('credits come back only when downstream has taken the spans', async () => {
  begin('');
  let release: () => void = () => {};
  const taken = new Promise<void>((resolve) => {
    release = resolve;
  });
  accept = () => taken;
  await host.start();
  const waiting = async (): Promise<number> => (await host.collect())['spans.waiting'] ?? 0;
  await eventually(async () => (await waiting()) > 0, 'spans that wait');
  release();
  await until(() => spans > 0);
  await eventually(async () => (await waiting()) === 0, 'none that waits');
});

test('a refused delivery costs no credit', async () => {
  begin('');
  accept = () => Promise.reject(new Error('full'));
  await host.start();
  for (let turn = 0; turn < 12; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 60));
    await host.collect();
  }
  expect((await host.collect())['messages.dropped.pipeline_full']).toBe(0);
  expect(logged).toContain('a delivery was refused');
});

test('a refusal of the kernel is the error that the worker saw', async () => {
  begin('refused');
  await expect(host.start()).rejects.toMatchObject({
    code: 'E_NO_PERMISSION',
    message: 'the kernel refused bpf: EPERM',
    remedy: expect.stringContaining('CAP_BPF'),
  });
  expect(host.restarts).toBe(0);
});

test('a worker that cannot even begin is an error of the start', async () => {
  begin('dies at once');
  await expect(host.start()).rejects.toMatchObject({
    code: 'E_TAP_FAILED',
    message: expect.stringContaining('stillborn'),
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(host.restarts).toBe(0);
});

test('a worker that dies is started again, and counted', async () => {
  begin('dies when asked');
  await host.start();
  await expect(host.collect()).rejects.toMatchObject({ message: expect.stringContaining('died of a question') });
  await until(() => host.restarts === 1 && logged.includes('the tap is attached again'));
});

test('settings are those of the most demanding receiver; a reload applies what is registered', async () => {
  begin('');
  host.register(
    receiver({ id: 'ebpf_socket/2' }),
    { ...settings, ringBytes: 131_072 },
    {
      spans: async () => {},
      metrics: async () => {},
    },
  );
  expect(await host.start()).toMatchObject({ ringBytes: 131_072 });
  host.unregister('ebpf_socket/2');
  expect(await host.reload()).toMatchObject({ ringBytes: 65_536 });
});
