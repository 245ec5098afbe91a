import { describe, expect, test } from '@jest/globals';
import { type Batch, type Client, curl, nodeClient, pythonClient, wrk } from '../support/clients.ts';
import { expectBatch, expectSameConnections } from '../support/expect_batch.ts';
import { withScene } from '../support/scene.ts';
import { nginx } from '../support/servers.ts';

const HELLO = { status: 200, responseBytes: 12 };

const plain: readonly Batch[] = [
  { name: 'one', count: 23 },
  { name: 'many', count: 499, concurrency: 16 },
  { name: 'close', count: 97, concurrency: 8, keepAlive: false },
  { name: 'v6', count: 23, concurrency: 4, address: 'ipv6' },
];
const unix: Batch = { name: 'unix', count: 23, concurrency: 4, address: 'unix' };
const post: Batch = { name: 'post', count: 11, method: 'POST', bodyBytes: 2003 };

const clients: readonly { readonly name: string; readonly client: Client; readonly batches: readonly Batch[] }[] = [
  { name: 'curl', client: curl, batches: [...plain, unix, post] },
  { name: 'wrk', client: wrk(), batches: plain },
  // 5 × 101 requests, five in each write.
  { name: 'wrk, pipelined', client: wrk(5), batches: [{ name: 'five', count: 505, concurrency: 7 }] },
  { name: 'Node', client: nodeClient, batches: [...plain, unix, post] },
  { name: 'Python', client: pythonClient, batches: [...plain, unix, post] },
];

describe.each(clients)('$name', ({ client, batches }) => {
  test('every request is one server span and one client span', () =>
    withScene(nginx, async ({ netns, server, sonde }) => {
      for (const batch of batches) await client(netns, server, batch);
      const total = batches.reduce((all, { count }) => all + count, 0);
      await sonde.waitForSpans(2 * total).catch(() => undefined);
      await sonde.stop();
      const spans = sonde.spans();
      for (const batch of batches) {
        expectBatch(spans, 'server', server, batch, HELLO);
        expectBatch(spans, 'client', server, batch, HELLO);
        if (batch.address !== 'unix') expectSameConnections(spans, server, batch);
      }
      expect(spans).toHaveLength(2 * total);
    }));
});
