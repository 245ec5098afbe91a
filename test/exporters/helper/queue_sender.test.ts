import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { QueueSender } from '../../../src/exporters/helper/queue_sender.ts';
import type { Send } from '../../../src/exporters/helper/retry.ts';
import type { QueueBatchConfig, QueueConfig, RetryConfig } from '../../../src/exporters/helper/schemas.ts';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { Batch } from '../../../src/pdata/pdata.ts';
import { ConsumeError } from '../../../src/service/component.ts';
import { counted, type TestSettings, testSettings, until } from '../../support/settings.ts';
import { TestStorage } from '../../support/storage.ts';

const retry: RetryConfig = {
  enabled: true,
  initial_interval: 5,
  randomization_factor: 0,
  multiplier: 1,
  max_interval: 5,
  max_elapsed_time: 0,
};
const queue: QueueConfig = {
  enabled: true,
  num_consumers: 2,
  queue_size: 1000,
  sizer: 'requests',
  block_on_overflow: false,
  wait_for_result: false,
  storage: '',
};
const batching: QueueBatchConfig = {
  flush_timeout: 30,
  min_size: 10,
  max_size: 0,
  sizer: '',
  partition: { metadata_keys: [] },
};
/** A limit, not a wait: a busy machine may need some of it. */
const soon = (): number => performance.now() + 20_000;
const spans = (from: number, count: number): Batch => {
  const list = Array.from({ length: count }, (_, i) => ({ name: `span ${from + i}` }));
  const request = { resourceSpans: [{ scopeSpans: [{ spans: list }] }] };
  return new Batch('traces', [encodeMessage('ExportTraceServiceRequest', request)], count);
};
const names = (batches: readonly Batch[]): string[] =>
  batches.flatMap((batch) =>
    batch.chunks.flatMap(
      (chunk) =>
        Buffer.from(chunk)
          .toString('latin1')
          .match(/span \d+/g) ?? [],
    ),
  );
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `span ${i}`);

/** An upstream that does as `answer` says. */
class Upstream {
  readonly got: Batch[] = [];
  attempts = 0;
  answer: Send = async () => undefined;
  readonly send: Send = async (batch, signal) => {
    this.attempts++;
    await this.answer(batch, signal);
    this.got.push(batch);
  };
}

const down: Send = async () => {
  throw new ConsumeError('down', { permanent: false });
};
const never: Send = async () => {
  throw new ConsumeError('never', { permanent: true });
};
const hang: Send = async (_, signal) => {
  await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new ConsumeError('aborted', { permanent: false })));
  });
};

let storage: TestStorage;
let upstream: Upstream;
let settings: TestSettings;

beforeEach(async () => {
  storage = new TestStorage();
  upstream = new Upstream();
  settings = testSettings('otlp_http');
});
afterEach(async () => {
  for (const sender of running.splice(0)) await sender.shutdown(performance.now());
  await storage.clean();
});
const running: QueueSender[] = [];

async function start(config: Partial<QueueConfig> = {}, retries: Partial<RetryConfig> = {}): Promise<QueueSender> {
  if (config.storage !== undefined) {
    if (storage.extension === undefined) await storage.start();
    settings = storage.settings();
  }
  const all = { ...queue, ...config };
  const sender = new QueueSender(settings, all, { ...retry, ...retries }, upstream.send, 'spans');
  await sender.start();
  running.push(sender);
  return sender;
}

const PERSISTENT = { storage: 'file_storage' };

describe('the persistent queue', () => {
  test('sends, then has nothing left', async () => {
    const first = await start(PERSISTENT);
    for (let i = 0; i < 20; i++) await first.consume(spans(i, 1));
    await until(() => upstream.got.length === 20);
    await first.shutdown(soon());
    await storage.stop();
    const second = await start(PERSISTENT);
    await second.shutdown(soon());
    expect(names(upstream.got).sort()).toEqual(numbered(20).sort());
    expect(counted(settings, 'otelcol_exporter_sent_spans')).toBe(0);
  });

  test('a body that came as gzip reaches the exporter as it came', async () => {
    const [bytes] = spans(0, 1).chunks;
    const gzip = gzipSync(bytes ?? '');
    const sender = await start(PERSISTENT);
    await sender.consume(new Batch('traces', [bytes ?? new Uint8Array(0)], 1, gzip));
    await until(() => upstream.got.length === 1);
    expect(Buffer.compare(Buffer.from(upstream.got[0]?.gzip ?? []), gzip)).toBe(0);
    expect(names(upstream.got)).toEqual(['span 0']);
  });

  test('a dead upstream at the stop: everything is there after the next start, in order', async () => {
    upstream.answer = down;
    const first = await start({ ...PERSISTENT, num_consumers: 1 });
    for (let i = 0; i < 20; i++) await first.consume(spans(i, 1));
    await until(() => upstream.attempts > 2);
    const begin = performance.now();
    await first.shutdown(performance.now() + 60_000);
    // Retries were interrupted: nothing waited for a third of the time.
    expect(performance.now() - begin).toBeLessThan(15_000);
    expect(counted(settings, 'otelcol_exporter_send_failed_spans')).toBe(0);
    await storage.stop();
    upstream.answer = async () => undefined;
    const second = await start({ ...PERSISTENT, num_consumers: 1 });
    await until(() => upstream.got.length === 20);
    expect(names(upstream.got)).toEqual(numbered(20));
    await second.shutdown(soon());
  });

  test('what hangs at the stop is kept too', async () => {
    upstream.answer = hang;
    const first = await start(PERSISTENT);
    for (let i = 0; i < 5; i++) await first.consume(spans(i, 1));
    await first.shutdown(performance.now() + 50);
    await storage.stop();
    upstream.answer = async () => undefined;
    const second = await start(PERSISTENT);
    await until(() => upstream.got.length === 5);
    await second.shutdown(soon());
  });

  test('a permanent refusal removes the batch, counted and told', async () => {
    upstream.answer = never;
    const first = await start(PERSISTENT);
    await first.consume(spans(0, 7));
    await until(() => counted(settings, 'otelcol_exporter_send_failed_spans') === 7);
    expect(settings.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'Exporting failed. Dropping data.' }),
    );
    await first.shutdown(soon());
    await storage.stop();
    const second = await start(PERSISTENT);
    await second.shutdown(soon());
    expect(upstream.attempts).toBe(1);
  });

  test('retries that are exhausted remove the batch', async () => {
    upstream.answer = down;
    const first = await start(PERSISTENT, { max_elapsed_time: 20 });
    await first.consume(spans(0, 3));
    await until(() => counted(settings, 'otelcol_exporter_send_failed_spans') === 3);
    await first.shutdown(soon());
    expect([...((await (await storage.extension?.openStorage('exporter otlp_http spans'))?.keys()) ?? [])]).toEqual([]);
  });

  test('a damaged record is told, counted and skipped; the others are sent', async () => {
    upstream.answer = down;
    const first = await start(PERSISTENT);
    for (let i = 0; i < 3; i++) await first.consume(spans(i, 1));
    await first.shutdown(soon());
    const handle = await storage.extension?.openStorage('exporter otlp_http spans');
    const [key = 0] = handle?.keys() ?? [];
    await handle?.remove(key);
    await handle?.put(Buffer.from('no record')).stored;
    await handle?.close();
    upstream.answer = async () => undefined;
    const second = await start(PERSISTENT);
    await until(() => upstream.got.length === 2);
    expect(names(upstream.got)).toEqual(['span 1', 'span 2']);
    expect(counted(settings, 'sonde.exporter.queue.unreadable')).toBe(1);
    await second.shutdown(soon());
  });

  test('a reload: the next instance takes new data at once and the old when the first one ends; nothing twice', async () => {
    upstream.answer = down;
    const first = await start(PERSISTENT);
    for (let i = 0; i < 4; i++) await first.consume(spans(i, 1));
    const second = await start(PERSISTENT);
    upstream.answer = async () => undefined;
    for (let i = 4; i < 8; i++) await second.consume(spans(i, 1));
    await first.shutdown(soon(), second);
    await until(() => upstream.got.length >= 8);
    await second.shutdown(soon());
    expect(names(upstream.got).sort()).toEqual(numbered(8));
  });

  test.each([
    ['requests', 3, 'sending queue is full'],
    ['items', 30, 'sending queue is full'],
    ['bytes', 600, 'sending queue is full'],
  ] as const)('is bounded by %s', async (sizer, queue_size, message) => {
    upstream.answer = down;
    const sender = await start({ ...PERSISTENT, sizer, queue_size });
    for (let i = 0; i < 3; i++) await sender.consume(spans(10 + i * 10, 10));
    await expect(
      (async () => {
        for (let i = 0; i < 3; i++) await sender.consume(spans(50, 10));
      })(),
    ).rejects.toMatchObject({ message, permanent: false });
    expect(counted(settings, 'otelcol_exporter_enqueue_failed_spans')).toBe(10);
    await sender.shutdown(soon());
  });

  test('names what is missing', async () => {
    await expect(start({ storage: 'file_storage/other' })).rejects.toThrow(
      'no storage client extension found: service::extensions does not list "file_storage/other"',
    );
  });
});

describe('sending_queue.batch', () => {
  test.each([{}, PERSISTENT])('joins to min_size and cuts at max_size %j', async (where) => {
    const sender = await start({ ...where, batch: { ...batching, max_size: 15 }, num_consumers: 1 });
    for (let i = 0; i < 12; i++) await sender.consume(spans(i * 4, 4));
    await until(() => names(upstream.got).length === 48);
    expect(names(upstream.got)).toEqual(numbered(48));
    expect(Math.max(...upstream.got.map(({ itemCount }) => itemCount))).toBeLessThanOrEqual(15);
    expect(upstream.got.length).toBeLessThan(12);
    await sender.shutdown(soon());
  });

  test('one large batch is cut, and is done when all its parts are', async () => {
    const sender = await start({ batch: { ...batching, max_size: 10 }, wait_for_result: true });
    await sender.consume(spans(0, 35));
    expect(upstream.got.map(({ itemCount }) => itemCount).sort()).toEqual([10, 10, 10, 5]);
    upstream.answer = async (batch) => {
      if (names([batch]).includes('span 12')) throw new ConsumeError('never', { permanent: true });
    };
    await expect(sender.consume(spans(0, 35))).rejects.toMatchObject({ message: 'never', permanent: true });
    await sender.shutdown(soon());
  });

  test('by bytes', async () => {
    const sender = await start({
      sizer: 'bytes',
      queue_size: 1e6,
      batch: { ...batching, min_size: 100, max_size: 200 },
    });
    await sender.consume(spans(0, 100));
    await until(() => names(upstream.got).length === 100);
    expect(Math.max(...upstream.got.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(200);
    await sender.shutdown(soon());
  });

  test('what is no OTLP is not lost but sent as it is', async () => {
    const sender = await start({ batch: { ...batching, max_size: 10 } });
    const odd = new Batch('traces', [Uint8Array.of(0x0a, 0xff)], 50);
    await sender.consume(odd);
    await until(() => upstream.got.length === 1);
    expect(upstream.got[0]?.bytes()).toEqual(odd.bytes());
    await sender.shutdown(soon());
  });

  test('a part in the batcher at the stop is kept', async () => {
    const first = await start({ ...PERSISTENT, batch: { ...batching, flush_timeout: 60_000 } });
    await first.consume(spans(0, 3));
    await first.shutdown(soon());
    await storage.stop();
    expect(upstream.attempts).toBe(0);
    const second = await start(PERSISTENT);
    await until(() => names(upstream.got).length === 3);
    await second.shutdown(soon());
  });

  test('a stop sends what a memory queue has not yet filled', async () => {
    const sender = await start({ batch: { ...batching, flush_timeout: 60_000 } });
    await sender.consume(spans(0, 3));
    await sender.shutdown(soon());
    expect(names(upstream.got)).toEqual(numbered(3));
  });
});

describe('the memory queue at the stop', () => {
  test('a dead upstream is given up after a third of the time, when all was sent once more: counted and told', async () => {
    upstream.answer = down;
    const sender = await start();
    for (let i = 0; i < 20; i++) await sender.consume(spans(i, 1));
    const begin = performance.now();
    await sender.shutdown(begin + 9000);
    const took = performance.now() - begin;
    expect(took).toBeGreaterThan(2900);
    expect(took).toBeLessThan(8500);
    expect(upstream.attempts).toBeGreaterThanOrEqual(20);
    expect(counted(settings, 'otelcol_exporter_send_failed_spans')).toBe(20);
    expect(counted(settings, 'otelcol_exporter_queue_size')).toBe(0);
    const told = settings.lines.filter(({ message }) => message.includes('did not take: it is lost'));
    expect(told).toEqual([{ level: 'error', message: expect.any(String), fields: { dropped_items: 20 } }]);
  });

  test('an upstream that says nothing is given up after a third of the time, too', async () => {
    upstream.answer = hang;
    const sender = await start();
    for (let i = 0; i < 20; i++) await sender.consume(spans(i, 1));
    const begin = performance.now();
    await sender.shutdown(begin + 6000);
    expect(performance.now() - begin).toBeGreaterThan(1990);
    expect(performance.now() - begin).toBeLessThan(5500);
    expect(counted(settings, 'otelcol_exporter_send_failed_spans')).toBe(20);
  });

  test('one that hangs where others are answered has until the deadline', async () => {
    upstream.answer = async (batch, signal) =>
      names([batch])[0] === 'span 0' ? hang(batch, signal) : down(batch, signal);
    const sender = await start();
    for (let i = 0; i < 5; i++) await sender.consume(spans(i, 1));
    const begin = performance.now();
    await sender.shutdown(begin + 600);
    expect(performance.now() - begin).toBeGreaterThan(590);
  });

  test('a wait of a month is no loop', async () => {
    upstream.answer = async () => {
      throw new ConsumeError('down', { permanent: false, retryAfterMs: 30 * 24 * 3600_000 });
    };
    const sender = await start();
    await sender.consume(spans(0, 1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(upstream.attempts).toBe(1);
  });

  test.each([
    ['of its own', undefined],
    ['that the upstream asked for', 60_000],
  ])('a wait %s ends: what the upstream takes again is delivered', async (_, retryAfterMs) => {
    upstream.answer = async () => {
      throw new ConsumeError('down', { permanent: false, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    };
    const sender = await start({}, { initial_interval: 60_000, max_interval: 60_000 });
    for (let i = 0; i < 5; i++) await sender.consume(spans(i, 1));
    await until(() => upstream.attempts === 2);
    upstream.answer = async () => undefined;
    await sender.shutdown(soon());
    expect(names(upstream.got).sort()).toEqual(numbered(5));
  });

  test('a slow upstream that takes something goes on getting it until the deadline', async () => {
    upstream.answer = async () => new Promise((resolve) => setTimeout(resolve, 100));
    const sender = await start({ num_consumers: 1 });
    for (let i = 0; i < 12; i++) await sender.consume(spans(i, 1));
    await sender.shutdown(performance.now() + 20_000);
    expect(names(upstream.got)).toEqual(numbered(12));
  });

  test('with a successor nothing is dropped', async () => {
    upstream.answer = down;
    const sender = await start({ num_consumers: 1, batch: batching });
    for (let i = 0; i < 20; i++) await sender.consume(spans(i, 1));
    const next = new Upstream();
    const successor = new QueueSender(
      testSettings('otlp_http'),
      { ...queue, queue_size: 1 },
      retry,
      next.send,
      'spans',
    );
    await successor.start();
    await sender.shutdown(soon(), successor);
    await successor.shutdown(soon());
    expect(names(next.got).sort()).toEqual(numbered(20).sort());
    expect(counted(settings, 'otelcol_exporter_send_failed_spans')).toBe(0);
  });
});
