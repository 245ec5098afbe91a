import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { queued } from '../../../src/exporters/helper/queued.ts';
import type { QueueConfig } from '../../../src/exporters/helper/schemas.ts';
import { Batch } from '../../../src/pdata/pdata.ts';
import { testSettings, until } from '../../support/settings.ts';

const sending_queue: QueueConfig = {
  ...{ enabled: true, num_consumers: 1, queue_size: 1000, sizer: 'requests' },
  ...{ block_on_overflow: false, wait_for_result: false, storage: '' },
};
const retry_on_failure = {
  ...{ enabled: false, initial_interval: 1, randomization_factor: 0, multiplier: 1, max_interval: 1 },
  max_elapsed_time: 0,
};
const batch = { flush_timeout: 1, min_size: 0, max_size: 0, sizer: '' as const, partition: { metadata_keys: [] } };

test.each([
  ['passes gzip on', true, sending_queue, 'packed'],
  ['compresses in another way', false, sending_queue, 'whole'],
  ['joins batches', true, { ...sending_queue, batch }, 'whole'],
])('of a request that came as gzip an exporter that %s keeps it %s', async (_, passesGzip, queue, expected) => {
  const got: Batch[] = [];
  const upstream = {
    passesGzip,
    start: () => undefined,
    close: () => undefined,
    send: async (each: Batch) => {
      got.push(each);
    },
  };
  const exporter = queued(testSettings('otlp_http'), { sending_queue: queue, retry_on_failure }, 'traces', upstream);
  await exporter.start();
  const bytes = Buffer.alloc(10_000, 'span');
  const gzip = gzipSync(bytes);
  await exporter.consume(new Batch('traces', [bytes], 1, gzip));
  await until(() => got.length === 1);
  expect(got[0]?.memoryBytes).toBe(expected === 'packed' ? gzip.length : 10_000 + gzip.length);
  expect(Buffer.from(got[0]?.bytes() ?? []).equals(bytes)).toBe(true);
  await exporter.shutdown(performance.now() + 1000);
});
