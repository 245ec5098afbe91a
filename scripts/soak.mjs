#!/usr/bin/env node
import { setTimeout as sleep } from 'node:timers/promises';
// npm run soak                     10^8 spans through Sonde; prints memory over time and its slope
// npm run soak -- --spans 1000000  fewer; --compression gzip and --persistent for more of Sonde's work
// npm run soak -- kill [--kills 200]   kill -9 of Sonde at random moments with a persistent queue; counts losses and duplicates
// npm run soak -- upstream [--seconds 600]   an upstream that refuses, throttles, cuts, stalls, is killed and is down for so long; with
//                                  otlp_http and otlp_grpc, memory and persistent queue, all at once
// npm run soak -- mutation [--mutants 600] [--seed 1] [--files http2] [--budget 3] [--jobs 1] [--again]   how many mutants of src/wire its
//                                  tests notice; the survivors; with --again those of the last run. A test that comes after --budget
//                                  CPU seconds of faster ones does not run.
// Each ends with a line of JSON, and with exit code 1 if something was lost or memory grew.
import { parseArgs } from 'node:util';
import { mutation } from './mutation/mutation.mjs';
import { line } from './soak/line.mjs';
import { upstream } from './soak/upstream.mjs';
import { World } from './soak/world.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    spans: { type: 'string', default: '100000000' },
    kills: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '600' },
    compression: { type: 'string', default: 'none' },
    persistent: { type: 'boolean', default: false },
    mutants: { type: 'string', default: '600' },
    seed: { type: 'string', default: '1' },
    files: { type: 'string', default: '' },
    budget: { type: 'string', default: '3' },
    jobs: { type: 'string', default: '1' },
    again: { type: 'boolean', default: false },
  },
});
const MIB = 2 ** 20;
const mib = (bytes) => Math.round((bytes / MIB) * 100) / 100;
/** Growth over the whole run that is more than noise. */
const GROWTH_MIB = 8;

/** Longest that a start may take. */
const START_MS = 120_000;

async function kill() {
  const world = await World.start({ queue: 'queue_size: 100000', persistent: true, record: true, batch: false });
  try {
    const begin = performance.now();
    world.startSonde();
    world.startSenders({ senders: 4, spansPerRequest: 20, pauseMs: 2 });
    while (world.acknowledged === 0) {
      if (performance.now() - begin > START_MS) throw new Error('nothing was acknowledged');
      await sleep(20);
    }
    // A busy machine needs seconds for it.
    const start = performance.now() - begin;
    for (let i = 0; i < Number(values.kills); i++) {
      // From before the start is over to well into its work.
      await sleep(start * (0.1 + 2 * Math.random()));
      await world.killSonde();
      world.startSonde();
      if (i % 20 === 19) process.stderr.write(`${i + 1} kills, ${world.acknowledged} spans acknowledged\n`);
    }
    await world.stopSenders();
    return { kills: Number(values.kills), ...(await world.verdict()) };
  } finally {
    await world.close();
  }
}

async function everyUpstream() {
  const seconds = Number(values.seconds);
  const verdicts = await Promise.all(
    ['otlp_http', 'otlp_grpc'].flatMap((exporter) =>
      [false, true].map((persistent) => upstream({ exporter, persistent, seconds })),
    ),
  );
  for (const verdict of verdicts) process.stdout.write(`${JSON.stringify(verdict)}\n`);
  const sum = (key) => verdicts.reduce((total, verdict) => total + verdict[key], 0);
  return { spans: sum('spans'), lost: sum('lost'), duplicates: sum('duplicates') };
}

async function soak() {
  const limit = Number(values.spans);
  const { persistent, compression } = values;
  const world = await World.start({ queue: 'queue_size: 1000', persistent, compression, record: false });
  const samples = [];
  try {
    world.startSonde();
    const begin = Date.now();
    world.startSenders({ senders: 4, spansPerRequest: 5000, limit });
    const timer = setInterval(
      () => {
        const sample = { seconds: (Date.now() - begin) / 1000, spans: world.received, ...world.memory() };
        samples.push(sample);
        const { seconds, spans, rss, anonymous } = sample;
        process.stdout.write(
          `${seconds.toFixed(0)} s  ${spans} spans  ${mib(rss)} MiB (${mib(anonymous)} anonymous)\n`,
        );
      },
      Math.max(250, Math.min(5000, limit / 20_000)),
    );
    await world.sent();
    for (let i = 0; i < 300 && world.received < world.spans; i++) await sleep(100);
    clearInterval(timer);
    const seconds = (Date.now() - begin) / 1000;
    // The first third warms up: code is compiled, pools are filled.
    const steady = samples.slice(Math.ceil(samples.length / 3));
    const perSpan = line(steady.map(({ spans, rss }) => [spans / 1e6, rss / MIB]));
    const grown = ((perSpan.slope - perSpan.confidence) * world.spans) / 1e6;
    const round = (value) => Math.round(value * 1e4) / 1e4;
    return {
      spans: world.spans,
      lost: world.spans - world.received,
      seconds: Math.round(seconds),
      spansPerSecond: Math.round(world.received / seconds),
      spansPerCpuSecond: Math.round(world.received / world.cpuSeconds()),
      rssMib: mib(steady.at(-1)?.rss ?? 0),
      slopeMibPerMillionSpans: round(perSpan.slope),
      confidence95: round(perSpan.confidence),
      // A short run is all warm-up.
      ...(seconds > 60 ? { grows: grown > GROWTH_MIB } : {}),
    };
  } finally {
    await world.close();
  }
}

function mutate() {
  const { mutants, seed, files, budget, jobs, again } = values;
  const numbers = { mutants: Number(mutants), seed: Number(seed), budget: Number(budget), jobs: Number(jobs) };
  return mutation({ ...numbers, files, again });
}

const result = await { kill, upstream: everyUpstream, soak, mutation: mutate }[positionals[0] ?? 'soak']();
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(result.lost > 0 || result.grows === true ? 1 : 0);
