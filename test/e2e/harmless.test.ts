import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { bpfObjectsOf, remaining } from '../support/bpf.ts';
import { collect, Netns } from '../support/netns.ts';
import { nginx } from '../support/servers.ts';
import { Sonde } from '../support/sonde.ts';
import { until } from '../support/until.ts';

/** Moments after its start at which Sonde is killed, ms: while it loads, attaches, and under load. */
const MOMENTS = [20, 60, 100, 140, 180, 230, 300, 450, 700, 1100];

async function gone(objects: ReturnType<typeof bpfObjectsOf>): Promise<void> {
  // The kernel frees programs and maps after a grace period.
  await until(() => remaining(objects).length === 0, 'BPF objects to go').catch(() => undefined);
  expect(remaining(objects)).toEqual([]);
}

test('kill -9 under load: no request fails, nothing stays attached', async () => {
  const netns = new Netns();
  try {
    const server = await nginx(netns, { log: false });
    const load = netns.spawn('wrk', ['-t1', '-c8', '-d100s', `http://127.0.0.1:${server.port}/load/1`]);
    const output = collect(load);
    const ended = once(load, 'close');
    for (const moment of MOMENTS) {
      const start = Sonde.start(netns, { metrics: false });
      await sleep(moment);
      // A kill before it is ready ends the start with an error.
      const pid = await sondePid(netns);
      if (pid === undefined) continue;
      const objects = bpfObjectsOf(pid);
      process.kill(pid, 'SIGKILL');
      await start.then((sonde) => sonde.finished().then(() => sonde.clean())).catch(() => undefined);
      await gone(objects);
    }
    const sonde = await Sonde.start(netns, { metrics: false });
    const objects = bpfObjectsOf(sonde.pid);
    expect(objects.programs.length).toBeGreaterThan(1);
    await sonde.kill9();
    await gone(objects);
    sonde.clean();
    // It tells what it has.
    load.kill('SIGINT');
    await ended;
    expect(output.stdout()).toMatch(/\d{4,} requests in/);
    expect(output.stdout()).not.toMatch(/Socket errors|Non-2xx/);
  } finally {
    await netns.delete();
  }
});

/** The one process of the namespace whose command line names bin/sonde. */
async function sondePid(netns: Netns): Promise<number | undefined> {
  return (await netns.pids()).find(({ command }) => command.includes('bin/sonde'))?.pid;
}

test('SIGTERM under load: drains, detaches, exits 0', async () => {
  const netns = new Netns();
  try {
    const server = await nginx(netns, { log: false });
    const sonde = await Sonde.start(netns);
    const load = netns.spawn('wrk', ['-t1', '-c8', '-d3s', `http://127.0.0.1:${server.port}/load/1`]);
    const output = collect(load);
    const ended = once(load, 'close');
    await sleep(1_500);
    const objects = bpfObjectsOf(sonde.pid);
    expect(objects.links.length).toBeGreaterThan(1);
    const { code, stderr } = await sonde.stop();
    expect([code, stderr.includes('panic')]).toEqual([0, false]);
    await gone(objects);
    await ended;
    expect(output.stdout()).not.toMatch(/Socket errors|Non-2xx/);
    // What the kernel recorded was read, and what was told of it is in the file.
    const last = (metric: string, outcome?: string): number =>
      sonde.points().find((point) => point.metric === metric && point.attributes['outcome'] === outcome)?.value ?? 0;
    const recorded = last('sonde.tap.operations', 'recorded');
    expect(recorded).toBeGreaterThan(1000);
    expect(last('sonde.tap.records.data')).toBeGreaterThanOrEqual(recorded);
    expect(sonde.spans()).toHaveLength(last('sonde.tap.spans', 'handed_over'));
    sonde.clean();
  } finally {
    await netns.delete();
  }
});
