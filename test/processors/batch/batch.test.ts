import { expect, test } from '@jest/globals';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { Batch } from '../../../src/pdata/pdata.ts';
import { BatchProcessor } from '../../../src/processors/batch/batch.ts';
import type { BatchConfig } from '../../../src/processors/batch/config.ts';
import { ConsumeError, type Consumer } from '../../../src/service/component.ts';
import { counted, testSettings, until } from '../../support/settings.ts';

const defaults: BatchConfig = {
  timeout: 20,
  send_batch_size: 100,
  send_batch_max_size: 0,
  metadata_keys: [],
  metadata_cardinality_limit: 1000,
};

class Next implements Consumer {
  readonly batches: Batch[] = [];
  answer: (batch: Batch) => Promise<void> = async () => undefined;
  async consume(batch: Batch): Promise<void> {
    await this.answer(batch);
    this.batches.push(batch);
  }
  get items(): number {
    return this.batches.reduce((sum, { itemCount }) => sum + itemCount, 0);
  }
}

function setUp(config: Partial<BatchConfig> = {}) {
  const next = new Next();
  const settings = testSettings('batch');
  return { next, settings, batch: new BatchProcessor(settings, { ...defaults, ...config }, next) };
}
const data = (items: number, byte = items): Batch => new Batch('traces', [Uint8Array.of(byte)], items);
const soon = (): number => performance.now() + 2000;

test('joins chunks as they are, sent by size', async () => {
  const { batch, next, settings } = setUp({ timeout: 60_000 });
  const parts = [data(40), data(30), data(30, 9)];
  for (const part of parts) await batch.consume(part);
  await until(() => next.batches.length === 1);
  expect(next.batches[0]?.itemCount).toBe(100);
  expect(next.batches[0]?.chunks).toEqual(parts.flatMap(({ chunks }) => chunks));
  expect(next.batches[0]?.chunks[0]).toBe(parts[0]?.chunks[0]);
  expect(counted(settings, 'otelcol_processor_batch_batch_size_trigger_send')).toBe(1);
  await batch.shutdown(soon());
});

test('sent by time', async () => {
  const { batch, next, settings } = setUp();
  await batch.consume(data(1));
  expect(next.batches.length).toBe(0);
  await until(() => next.batches.length === 1);
  expect(counted(settings, 'otelcol_processor_batch_timeout_trigger_send')).toBe(1);
});

test('timeout 0 sends at once', async () => {
  const { batch, next } = setUp({ timeout: 0 });
  await batch.consume(data(1));
  await until(() => next.batches.length === 1);
});

test('send_batch_max_size bounds what is joined', async () => {
  const { batch, next } = setUp({ send_batch_size: 50, send_batch_max_size: 60, timeout: 5 });
  for (let i = 0; i < 10; i++) await batch.consume(data(25));
  await batch.shutdown(soon());
  expect(next.items).toBe(250);
  expect(Math.max(...next.batches.map(({ itemCount }) => itemCount))).toBeLessThanOrEqual(60);
});

test('send_batch_max_size cuts what arrived larger', async () => {
  const { batch, next } = setUp({ send_batch_size: 10, send_batch_max_size: 10, timeout: 5 });
  const spans = Array.from({ length: 95 }, (_, i) => ({ name: `span ${i}` }));
  const request = encodeMessage('ExportTraceServiceRequest', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  await batch.consume(new Batch('traces', [request], 95));
  await batch.shutdown(soon());
  expect(next.batches.map(({ itemCount }) => itemCount)).toEqual([...Array(9).fill(10), 5]);
  const names = next.batches.flatMap((each) =>
    Buffer.from(each.bytes())
      .toString('latin1')
      .match(/span \d+/g),
  );
  expect(names).toEqual(spans.map(({ name }) => name));
});

test('a full buffer makes consume wait; nothing is lost', async () => {
  const { batch, next } = setUp({ send_batch_size: 1000 });
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  next.answer = () => gate;
  let taken = 0;
  const producers = Array.from({ length: 100 }, async () => {
    await batch.consume(data(100));
    taken++;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  // 4 × send_batch_size items are held.
  expect(taken).toBe(40);
  open();
  await Promise.all(producers);
  await batch.shutdown(soon());
  expect(next.items).toBe(10_000);
});

test('a retryable failure keeps the batch', async () => {
  const { batch, next, settings } = setUp();
  let failures = 0;
  next.answer = async () => {
    if (failures++ === 0) throw new ConsumeError('busy', { permanent: false });
  };
  await batch.consume(data(7));
  await until(() => next.batches.length === 1);
  expect(next.items).toBe(7);
  expect(settings.lines[0]).toMatchObject({ level: 'warn', message: 'Sender failed, the batch is kept' });
  expect(counted(settings, 'sonde.processor.batch.dropped')).toBe(0);
});

test('a permanent failure drops the batch, counted and told; the next one goes', async () => {
  const { batch, next, settings } = setUp();
  next.answer = async ({ itemCount }) => {
    if (itemCount === 7) throw new ConsumeError('never', { permanent: true });
  };
  await batch.consume(data(7));
  await until(() => counted(settings, 'sonde.processor.batch.dropped') === 7);
  expect(settings.lines).toContainEqual({
    level: 'error',
    message: 'Sender failed',
    fields: { error: 'never', dropped_items: 7 },
  });
  await batch.consume(data(8));
  await until(() => next.items === 8);
});

test('shutdown sends what waits, and is safe before start', async () => {
  const { batch, next } = setUp({ timeout: 60_000 });
  await batch.consume(data(5));
  await batch.shutdown(soon());
  expect(next.items).toBe(5);
  await expect(batch.consume(data(1))).rejects.toMatchObject({ permanent: false });
  await setUp().batch.shutdown(soon());
});

test('shutdown gives up at the deadline and counts', async () => {
  const { batch, next, settings } = setUp();
  next.answer = async () => {
    throw new ConsumeError('down', { permanent: false });
  };
  await batch.consume(data(5));
  await until(() => settings.lines.length === 1);
  const started = performance.now();
  await batch.shutdown(started + 100);
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(counted(settings, 'sonde.processor.batch.dropped')).toBe(5);
});
