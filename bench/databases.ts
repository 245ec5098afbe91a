import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DatabaseLoad, pgbench, redisBenchmark, type StartDatabaseLoad } from '../test/support/loads.ts';
import { Netns } from '../test/support/netns.ts';
import { Sonde } from '../test/support/sonde.ts';
import { median } from './lib/load.ts';
import { children, cpuSeconds } from './lib/process.ts';
import { SIDECAR, startSink } from './lib/sidecar.ts';

const loads: readonly { readonly name: string; readonly start: StartDatabaseLoad }[] = [
  { name: 'redis-benchmark -P 16', start: redisBenchmark(200_000) },
  { name: 'pgbench, prepared', start: pgbench('prepared', 20_000) },
];

interface Run {
  readonly operations: number;
  readonly perSecond: number;
  /** µs per operation. */
  readonly serverCpu: number;
  readonly sondeCpu: number;
  /** Share of the operations at both ends that have no span. */
  readonly lost: number;
}

const TICKS = 100;

/** utime, stime, cutime, cstime of /proc/PID/stat: a process and its children that are gone. */
function familySeconds(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const ticks = fields.split(' ').slice(11, 15);
  return ticks.reduce((sum, one) => sum + Number(one), 0) / TICKS;
}

/** PostgreSQL is the child of what started it as another user. */
const serverSeconds = (pid: number): number =>
  [pid, ...children(pid)].reduce((sum, one) => sum + familySeconds(one), 0);

async function once(load: DatabaseLoad, sonde?: Sonde): Promise<Omit<Run, 'lost'>> {
  const [server, own] = [serverSeconds(load.pid), sonde === undefined ? 0 : cpuSeconds(sonde.pid)];
  const begin = performance.now();
  const { client } = await load.run();
  const seconds = (performance.now() - begin) / 1000;
  // What waits is Sonde's work too.
  if (sonde !== undefined) await sleep(2_000);
  return {
    operations: client,
    perSecond: client / seconds,
    serverCpu: ((serverSeconds(load.pid) - server) / client) * 1e6,
    sondeCpu: (((sonde === undefined ? 0 : cpuSeconds(sonde.pid)) - own) / client) * 1e6,
  };
}

async function beside(netns: Netns, load: DatabaseLoad): Promise<Run> {
  const sonde = await Sonde.start(netns, SIDECAR);
  try {
    // Compiled and warm, as a sidecar is.
    await load.run();
    await sleep(1_000);
    const before = await emitted(netns);
    const run = await once(load, sonde);
    const told = (await emitted(netns)) - before;
    return { ...run, lost: 1 - told / (2 * run.operations) };
  } finally {
    await sonde.stop();
    sonde.clean();
  }
}

async function emitted(netns: Netns): Promise<number> {
  const { stdout } = await netns.run('curl', ['-s', 'http://127.0.0.1:8888/metrics']);
  return Number(/^sonde_tap_messages\S*outcome="emitted"\S* (\d+)/m.exec(stdout)?.[1]);
}

/** Databases with and without Sonde in turns: what it costs them, what it costs itself, and what of a burst has no span. */
export async function databases(rounds: number, add: (what: string, value: string) => void): Promise<void> {
  for (const { name, start } of loads) {
    const netns = new Netns();
    const load = await start(netns);
    const alone: Omit<Run, 'lost'>[] = [];
    const observed: Run[] = [];
    try {
      await startSink(netns);
      await load.run();
      for (let round = 0; round < rounds; round++) {
        alone.push(await once(load));
        observed.push(await beside(netns, load));
      }
    } finally {
      await netns.delete();
      load.clean();
    }
    const line = (runs: readonly Omit<Run, 'lost'>[]): string => {
      const [rate, cpu] = [runs.map(({ perSecond }) => perSecond), runs.map(({ serverCpu }) => serverCpu)];
      return `${median(rate).toFixed(0)}/s, server's CPU ${median(cpu).toFixed(2)} µs`;
    };
    add(`${name}, without Sonde`, line(alone));
    add(`${name}, with Sonde`, line(observed));
    add(
      '  Sonde, CPU per operation with both ends',
      `${median(observed.map(({ sondeCpu }) => sondeCpu)).toFixed(2)} µs`,
    );
    add(
      '  of a burst at full speed without a span',
      `${(median(observed.map(({ lost }) => lost)) * 100).toFixed(1)} %`,
    );
  }
}
