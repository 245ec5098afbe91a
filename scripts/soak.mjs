#!/usr/bin/env node
import { setTimeout as sleep } from 'node:timers/promises';
// npm run soak                     10^8 spans through Sonde; prints memory over time and its slope
// npm run soak -- --spans 1000000  fewer
// npm run soak -- kill [--kills 200]   kill -9 of Sonde at random moments with a persistent queue; counts losses and duplicates
// npm run soak -- upstream [--seconds 600]   an upstream that is down, refuses, cuts, stalls or is killed
// Each ends with a line of JSON, and with exit code 1 if something was lost.
import { parseArgs } from 'node:util';
import { World } from './soak/world.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    spans: { type: 'string', default: '100000000' },
    kills: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '600' },
    persistent: { type: 'boolean', default: false },
  },
});
const MIB = 2 ** 20;
const mib = (bytes) => Math.round((bytes / MIB) * 10) / 10;

async function kill() {
  const world = await World.start({ queue: 'queue_size: 100000', persistent: true, record: true, batch: false });
  try {
    world.startSonde();
    world.startSenders({ senders: 4, spansPerRequest: 20, pauseMs: 2 });
    for (let i = 0; i < Number(values.kills); i++) {
      // From before the start is over to well into its work.
      await sleep(100 + Math.random() * 900);
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

async function upstream() {
  const seconds = Number(values.seconds);
  const world = await World.start({
    queue: 'queue_size: 1000, sizer: requests',
    persistent: values.persistent,
    record: true,
  });
  try {
    world.startSonde();
    world.startSenders({ senders: 4, spansPerRequest: 20, pauseMs: 20 });
    for (const mode of ['refuse', 'throttle', 'cut', 'stall']) {
      await sleep(seconds * 50);
      world.sink.send(mode);
      await sleep(seconds * 100);
      world.sink.send('ok');
    }
    for (const downMs of [100, seconds * 400]) {
      await sleep(500);
      await world.killSink();
      await sleep(downMs);
      await world.startSink();
    }
    await sleep(500);
    await world.stopSenders();
    return await world.verdict();
  } finally {
    await world.close();
  }
}

async function soak() {
  const limit = Number(values.spans);
  const world = await World.start({ queue: 'queue_size: 1000', persistent: values.persistent, record: false });
  const samples = [];
  try {
    world.startSonde();
    const begin = Date.now();
    world.startSenders({ senders: 8, spansPerRequest: 500, limit });
    const every = Math.max(500, Math.min(30_000, limit / 5000));
    const timer = setInterval(() => {
      const sample = { seconds: (Date.now() - begin) / 1000, spans: world.received, ...world.memory() };
      samples.push(sample);
      process.stdout.write(
        `${sample.seconds.toFixed(0)} s  ${sample.spans} spans  ${mib(sample.rss)} MiB (${mib(sample.anonymous)} anonymous)\n`,
      );
    }, every);
    await world.sent();
    for (let i = 0; i < 300 && world.received < world.spans; i++) await sleep(100);
    clearInterval(timer);
    // The first third warms up: code is compiled, pools are filled.
    const steady = samples.slice(Math.ceil(samples.length / 3));
    const perSecond = slope(steady.map(({ seconds, rss }) => [seconds, rss]));
    const perSpan = slope(steady.map(({ spans, rss }) => [spans, rss]));
    return {
      spans: world.spans,
      lost: world.spans - world.received,
      spansPerCpuSecond: Math.round(world.received / world.cpuSeconds()),
      rssMib: mib(steady.at(-1)?.rss ?? 0),
      slopeMibPerHour: mib(perSecond * 3600),
      slopeMibPerMillionSpans: mib(perSpan * 1e6),
    };
  } finally {
    await world.close();
  }
}

/** Least squares. */
function slope(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / Math.max(1, points.length);
  const [x, y] = [mean(([a]) => a), mean(([, b]) => b)];
  const over = points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
  return over === 0 ? 0 : points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / over;
}

const result = await { kill, upstream, soak }[positionals[0] ?? 'soak']();
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(result.lost > 0 ? 1 : 0);
