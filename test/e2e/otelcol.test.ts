import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { nodeClient } from '../support/clients.ts';
import { expectBatch } from '../support/expect_batch.ts';
import { gated } from '../support/gated.ts';
import { Netns } from '../support/netns.ts';
import { Otelcol, otelcolMissing } from '../support/otelcol.ts';
import { nginx } from '../support/servers.ts';
import { Sonde } from '../support/sonde.ts';

const EXPORTER = `  otlp_http:
    endpoint: http://127.0.0.1:4318
`;
const batch = { name: 'up', count: 499, concurrency: 8 };

gated(otelcolMissing)('the reference Collector receives all of it, and beside Sonde it makes no loop', async () => {
  const netns = new Netns();
  try {
    const collector = await Otelcol.start(netns);
    const server = await nginx(netns);
    const sonde = await Sonde.start(netns, { exporters: EXPORTER, also: ['otlp_http'] });
    await nodeClient(netns, server, batch);
    await sonde.waitForSpans(2 * batch.count);
    // Metrics leave every half second: had each export become spans, they would grow now.
    await sleep(2_500);
    await sonde.stop();
    const own = { spans: sonde.spans(), points: sonde.points() };
    const received = await collector.stop();
    await server.stop();
    sonde.clean();

    expect(received.spans).toHaveLength(2 * batch.count);
    expect(own.spans).toHaveLength(2 * batch.count);
    const ids = (spans: readonly { readonly spanId: string }[]): string[] => spans.map(({ spanId }) => spanId).sort();
    expect(ids(received.spans)).toEqual(ids(own.spans));
    for (const kind of ['server', 'client'] as const) {
      expectBatch(received.spans, kind, server, batch, { status: 200, responseBytes: 12 });
      const durations = received.points.filter(({ metric }) => metric === `http.${kind}.request.duration`);
      expect(durations.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(batch.count);
    }
  } finally {
    await netns.delete();
  }
});

gated(otelcolMissing)('what a Collector that is away for a while missed arrives when it is back', async () => {
  const netns = new Netns();
  try {
    const server = await nginx(netns);
    const sonde = await Sonde.start(netns, {
      exporters: `${EXPORTER}    retry_on_failure: {initial_interval: 200ms, max_interval: 500ms}\n`,
      also: ['otlp_http'],
    });
    await nodeClient(netns, server, batch);
    await sonde.waitForSpans(2 * batch.count);
    const collector = await Otelcol.start(netns);
    const deadline = performance.now() + 15_000;
    while (collector.spanCount() < 2 * batch.count && performance.now() < deadline) await sleep(100);
    await sonde.stop();
    const { spans } = await collector.stop();
    await server.stop();
    sonde.clean();
    expect(spans).toHaveLength(2 * batch.count);
  } finally {
    await netns.delete();
  }
});
