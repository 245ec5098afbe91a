import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { nodeClient } from '../support/clients.ts';
import { timed } from '../support/cpu.ts';
import { Netns } from '../support/netns.ts';
import { repository } from '../support/paths.ts';
import { nginx, type Server } from '../support/servers.ts';
import { Sonde } from '../support/sonde.ts';
import { until } from '../support/until.ts';

/** The goal is 1 s and 2 s; two busy cores get three times as long, and what processes waited for them. */
const READY_SECONDS = 3 * 1;
const FIRST_SPAN_SECONDS = 3 * 2;

test('ready within a second, first span within two', async () => {
  const netns = new Netns();
  try {
    const server = await nginx(netns);
    const { result: sonde, waited } = await timed(() => Sonde.start(netns));
    const first = await timed(async () => {
      await nodeClient(netns, server, { name: 'first', count: 1 });
      await sonde.waitForSpans(2);
    });
    console.log(`ready after ${sonde.readyMs.toFixed(0)} ms, first span ${(first.seconds * 1000).toFixed(0)} ms later`);
    expect(sonde.readyMs / 1000 - waited).toBeLessThan(READY_SECONDS);
    expect(first.seconds - first.waited).toBeLessThan(FIRST_SPAN_SECONDS);
    await sonde.stop();
    await server.stop();
    sonde.clean();
  } finally {
    await netns.delete();
  }
});

test('connections opened before the start are seen', async () => {
  const netns = new Netns();
  try {
    const server = await nginx(netns);
    // Every answer takes 30 ms: the one connection is there before, while and after Sonde starts, and is cut at the end.
    const client = nodeClient(netns, server, { name: 'early', count: 2003, path: '/slow/' }).catch(() => undefined);
    await until(() => server.log().length > 5, 'answers before Sonde');
    const sonde = await Sonde.start(netns);
    await sonde.waitForSpans(20);
    await sonde.stop();
    const spans = sonde.spans();
    expect(spans.every(({ attributes }) => attributes['http.response.status_code'] === 200)).toBe(true);
    for (const side of ['server', 'client']) {
      const own = spans.filter(({ kind }) => kind === side);
      const numbers = own.map(({ attributes }) =>
        Number(/^\/early\/slow\/(\d+)$/.exec(String(attributes['url.path']))?.[1]),
      );
      // From the first one that was seen on, none is missing.
      const first = Math.min(...numbers);
      expect(first).toBeGreaterThan(5);
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from(numbers, (_, index) => first + index));
    }
    sonde.clean();
    await server.stop();
    await client;
  } finally {
    await netns.delete();
  }
});

describe('config/default.yaml', () => {
  let netns: Netns;
  let server: Server;
  let sonde: Sonde;

  beforeEach(async () => {
    netns = new Netns();
    server = await nginx(netns);
    sonde = await Sonde.startWith(netns, ['--config', join(repository, 'config', 'default.yaml')]);
  });

  afterEach(async () => {
    await server.stop();
    await netns.delete();
    sonde.clean();
  });

  const lines = (): string[] => `${sonde.stdout()}\n${sonde.stderr()}`.split('\n');

  test('prints a line per span and is silent about its own traffic', async () => {
    // The default observes the machine: only these paths are the test's own.
    const batch = { name: `default-${process.pid}`, count: 23 };
    const { code: scraped } = await netns.run('curl', ['-s', `http://127.0.0.1:8888/${batch.name}/scrape`]);
    expect(scraped).toBe(0);
    await nodeClient(netns, server, batch);
    const own = (): string[] => lines().filter((line) => line.includes(`/${batch.name}/items/`));
    await until(() => own().length >= 2 * batch.count, 'a line per span');
    // Every ten seconds.
    const counts = (): boolean =>
      lines().some((line) => /\tdebug\/metrics\tMetrics\t.*"data points": [1-9]/.test(line));
    await until(counts, 'the number of metrics');
    const { code } = await sonde.stop();
    expect(code).toBe(0);
    const printed = own().filter((line) => line.startsWith('GET'));
    expect(printed).toHaveLength(2 * batch.count);
    const long = printed.filter((line) => / (?:network|client)\./.test(line));
    expect(long).toEqual([]);
    expect(lines().filter((line) => line.includes(`/${batch.name}/scrape`))).toEqual([]);
  });
});
