import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { bpfObjectsOf, remaining } from '../support/bpf.ts';
import { collect, Netns } from '../support/netns.ts';
import { nginx } from '../support/servers.ts';
import { Sonde } from '../support/sonde.ts';
import { until } from '../support/until.ts';

/** Moments after it is in the namespace at which Sonde is killed, ms: while it loads, attaches, and under load. */
const MOMENTS = [20, 60, 100, 140, 180, 230, 300, 450, 700, 1100];
/** wrk calls an answer that takes longer than two seconds an error; a busy machine may need them. */
const PATIENT = ['--timeout', '10s'];

async function gone(objects: ReturnType<typeof bpfObjectsOf>): Promise<void> {
  // The kernel frees programs and maps after a grace period.
  await until(() => remaining(objects).length === 0, 'BPF objects to go').catch(() => undefined);
  expect(remaining(objects)).toEqual([]);
}

test('kill -9 under load: no request fails, nothing stays attached', async () => {
  const netns = new Netns();
  try {
    const server = await nginx(netns, { log: false });
    const load = netns.spawn('wrk', ['-t1', '-c8', '-d1000s', ...PATIENT, `http://127.0.0.1:${server.port}/load/1`]);
    const output = collect(load);
    const ended = once(load, 'close');
    for (const moment of MOMENTS) {
      // A kill before it is ready ends the start with an error.
      const start = Sonde.start(netns, { metrics: false }).catch(() => undefined);
      const pid = await sondePid(netns);
      await sleep(moment);
      const objects = bpfObjectsOf(pid);
      process.kill(pid, 'SIGKILL');
      const sonde = await start;
      await sonde?.finished();
      sonde?.clean();
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

/** The one process of the namespace whose command line names bin/sonde, as soon as it is there. */
async function sondePid(netns: Netns): Promise<number> {
  let found: number | undefined;
  const there = async (): Promise<boolean> => {
    found = (await netns.pids()).find(({ command }) => command.includes('bin/sonde'))?.pid;
    return found !== undefined;
  };
  await until(there, 'Sonde to be in the namespace');
  if (found === undefined) throw new Error('it is gone');
  return found;
}

test('SIGTERM under load: drains, detaches, exits 0', async () => {
  const netns = new Netns();
  try {
    const server = await nginx(netns, { log: false });
    const sonde = await Sonde.start(netns);
    const load = netns.spawn('wrk', ['-t1', '-c8', '-d1000s', ...PATIENT, `http://127.0.0.1:${server.port}/load/1`]);
    const output = collect(load);
    const ended = once(load, 'close');
    await sonde.waitForSpans(2000);
    const objects = bpfObjectsOf(sonde.pid);
    expect(objects.links.length).toBeGreaterThan(1);
    const { code, stderr } = await sonde.stop();
    expect([code, stderr.includes('panic')]).toEqual([0, false]);
    await gone(objects);
    load.kill('SIGINT');
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
