import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bpfObjectsOf, programTime } from '../test/support/bpf.ts';
import { Netns } from '../test/support/netns.ts';
import { repository } from '../test/support/paths.ts';
import { nginx, node, type Server } from '../test/support/servers.ts';
import { Sonde } from '../test/support/sonde.ts';
import { databases } from './databases.ts';
import { type Load, median, saturate, saturateWarm } from './lib/load.ts';
import { children, cpuSeconds, memory, setBpfStats } from './lib/process.ts';
import { sdkDirectory } from './lib/sdk.ts';
import { SIDECAR, SINK_PORT, startSink } from './lib/sidecar.ts';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 1 : 5;
const SECONDS = quick ? 1 : 3;
const PACE = 10_000;
/** What an empty program shows in run_time_ns: the measurement itself. */
const EMPTY_PROGRAM_NS = 57;
const rows: (readonly [what: string, value: string, goal: string])[] = [];
const add = (what: string, value: string, goal = ''): void => {
  rows.push([what, value, goal]);
  console.error(`${what}: ${value}`);
};
const micro = (value: number): string => `${value.toFixed(2)} µs`;

const of = (loads: readonly Load[], key: keyof Load): number => median(loads.map((load) => load[key]));

/** Rounds without and with Sonde take turns, so that what the machine does meanwhile hits both. */
async function saturatedNginx(netns: Netns, server: Server, worker: number): Promise<void> {
  const without: Load[] = [];
  const withSonde: Load[] = [];
  const ready: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    without.push(await saturateWarm(netns, server, worker, SECONDS));
    const sonde = await Sonde.start(netns, SIDECAR);
    ready.push(sonde.readyMs);
    withSonde.push(await saturateWarm(netns, server, worker, SECONDS));
    await sonde.stop();
    sonde.clean();
  }
  const [base, seen] = [of(without, 'cpuPerRequest'), of(withSonde, 'cpuPerRequest')];
  add('nginx, CPU per request, without Sonde', micro(base));
  add('nginx, CPU per request, with Sonde', micro(seen));
  const ratios = withSonde.map(({ cpuPerRequest }, round) => cpuPerRequest / (without[round]?.cpuPerRequest ?? 0));
  add('  ratio, median of rounds', `${median(ratios).toFixed(3)} ×`, '≤ 1.07 ×');
  for (const [name, loads] of [
    ['without', without],
    ['with', withSonde],
  ] as const) {
    const [p50, p99] = [of(loads, 'p50'), of(loads, 'p99')];
    add(`nginx, ${name} Sonde`, `${of(loads, 'perSecond').toFixed(0)}/s, p50 ${p50} ms, p99 ${p99} ms`);
  }
  add('start to ready', `${median(ready).toFixed(0)} ms`, '< 1000 ms');
}

async function kernelTime(netns: Netns, server: Server, worker: number): Promise<void> {
  const sonde = await Sonde.start(netns, SIDECAR);
  setBpfStats(true);
  try {
    await saturate(netns, server, worker, 1);
    const before = programTime(bpfObjectsOf(sonde.pid));
    const { requests } = await saturate(netns, server, worker, SECONDS);
    const after = programTime(bpfObjectsOf(sonde.pid));
    const runs = after.runs - before.runs;
    // Both ends are on this machine: the server's and the client's operations each count once.
    const ns = (after.ns - before.ns - runs * EMPTY_PROGRAM_NS) / (2 * requests);
    add(
      'kernel time per request and end',
      `${(ns / 1000).toFixed(3)} µs (${(runs / requests / 2).toFixed(2)} runs)`,
      '≤ 0.4 µs',
    );
  } finally {
    setBpfStats(false);
    await sonde.stop();
    sonde.clean();
  }
}

async function paced(netns: Netns, server: Server): Promise<void> {
  const sonde = await Sonde.start(netns, SIDECAR);
  await sleep(2_000);
  const idle = memory(sonde.pid);
  const seconds = quick ? 2 : 10;
  const client = netns.run(join(repository, 'build', 'bench', 'paced'), [
    String(server.port),
    String(PACE),
    String(seconds + 1),
    '64',
  ]);
  await sleep(1_000);
  const before = cpuSeconds(sonde.pid);
  await sleep((seconds - 1) * 1_000);
  const spent = cpuSeconds(sonde.pid) - before;
  const loaded = memory(sonde.pid);
  const { stdout } = await client;
  const [sent = 0, answered = 0] = stdout.split(' ').map(Number);
  const rate = sent / (seconds + 1);
  const share = spent / (seconds - 1);
  add(`Sonde at ${rate.toFixed(0)} requests/s, both ends seen`, `${(share * 100).toFixed(1)} % of a core`, '≤ 10 %');
  add('  CPU per request', micro((share / rate) * 1e6));
  add('  requests sent / answered', `${sent} / ${answered}`);
  add('resident, idle', `RSS ${idle.rss.toFixed(0)} MiB, PSS ${idle.pss.toFixed(0)} MiB`, '≤ 80 MiB');
  add('resident, at this load', `RSS ${loaded.rss.toFixed(0)} MiB, PSS ${loaded.pss.toFixed(0)} MiB`, '≤ 110 MiB');
  add('BPF maps', `${(bpfObjectsOf(sonde.pid).mapBytes / 2 ** 20).toFixed(1)} MiB`, '≤ 16 MiB');
  await sonde.stop();
  sonde.clean();
}

/** A Node server as it is, beside Sonde, and with the SDK's own instrumentation inside. */
async function nodeServer(netns: Netns): Promise<void> {
  const sdk = sdkDirectory();
  const plain: Load[] = [];
  const beside: Load[] = [];
  const inside: Load[] = [];
  const measure = async (options: Parameters<typeof node>[1]): Promise<Load> => {
    const server = await node(netns, { port: 8090, cpus: '0', ...options });
    try {
      return await saturateWarm(netns, server, server.pid, SECONDS);
    } finally {
      await server.stop();
    }
  };
  for (let round = 0; round < Math.min(ROUNDS, 3); round++) {
    plain.push(await measure({ log: false }));
    const sonde = await Sonde.start(netns, SIDECAR);
    beside.push(await measure({ log: false }));
    await sonde.stop();
    sonde.clean();
    if (sdk === undefined) continue;
    const register = join(sdk, 'node_modules', '@opentelemetry', 'auto-instrumentations-node', 'build/src/register.js');
    inside.push(
      await measure({
        log: false,
        env: {
          NODE_OPTIONS: `--require ${register}`,
          OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http',
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${SINK_PORT}`,
          OTEL_TRACES_EXPORTER: 'otlp',
          OTEL_METRICS_EXPORTER: 'otlp',
          OTEL_LOGS_EXPORTER: 'none',
        },
      }),
    );
  }
  const line = (loads: readonly Load[]): string =>
    `${micro(of(loads, 'cpuPerRequest'))} per request, ${of(loads, 'perSecond').toFixed(0)}/s, p99 ${of(loads, 'p99')} ms`;
  add('Node server', line(plain));
  add('Node server with Sonde beside it', line(beside));
  if (inside.length > 0) add('Node server with the OpenTelemetry SDK in it', line(inside));
}

function print(): void {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length), 8));
  const cells = (row: readonly string[]): string =>
    `| ${row.map((text, column) => text + ' '.repeat((widths[column] ?? 0) - [...text].length)).join(' | ')} |`;
  console.log(`\n${cells(['', 'measured', 'goal'])}\n|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  for (const row of rows) console.log(cells(row));
}

const netns = new Netns();
try {
  await startSink(netns);
  const server = await nginx(netns, { cpus: '0', log: false });
  const [worker] = children(server.pid);
  if (worker === undefined) throw new Error('nginx has no worker');
  await saturatedNginx(netns, server, worker);
  await kernelTime(netns, server, worker);
  await paced(netns, server);
  await server.stop();
  await nodeServer(netns);
  await databases(Math.min(ROUNDS, 3), add);
  print();
} finally {
  await netns.delete();
}
