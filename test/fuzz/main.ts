import { fuzzCapture } from './capture.ts';
import { DecoderFuzz } from './decoder.ts';
import { targets } from './targets.ts';

/**
 * Run by scripts/fuzz.mjs: `name firstSeed inputs seconds`, the first of the two limits that is reached. Tells the parent now and
 * then at which seed it is, so that it sees a hang, and at last the totals.
 */
const [name = '', first = '0', inputLimit = '1e7', secondLimit = 'Infinity'] = process.argv.slice(2);
const MIB = 2 ** 20;
/** Of the whole run, once everything is compiled and the caches of routes and of SQL are full. */
const MOST_GROWTH_MIB = 8;
const WARM_UP = 50_000;
/** Of one connection after this many steps. */
const LONG_STEPS = 20_000;
const MOST_STATE_MIB = 4;
const LONG_EVERY = 2 ** 17;

const { gc } = globalThis;
if (gc === undefined) throw new Error('run with --expose-gc');
const heapMib = (): number => {
  gc();
  return process.memoryUsage().heapUsed / MIB;
};

const fuzz = name === 'replay' ? undefined : decoderFuzz();
const limit = Number(inputLimit);
const until = performance.now() + Number(secondLimit) * 1000;
let seed = Number(first);
process.on('exit', (code) => {
  if (code !== 0) console.error(`failed with seed ${seed}: npm run fuzz -- ${name} --inputs 1 --seed ${seed}`);
});
let inputs = 0;
let warm = Number.POSITIVE_INFINITY;
for (let count = 0; inputs < limit && (count % 100 > 0 || performance.now() < until); count++, seed++) {
  if (fuzz === undefined) {
    fuzzCapture(seed);
    inputs++;
  } else {
    inputs += fuzz.once(seed);
    if (count % LONG_EVERY === WARM_UP) inputs += long(fuzz);
  }
  if (count === WARM_UP) warm = heapMib();
  if (count % 1000 === 0) process.send?.({ seed, inputs });
}
const grown = heapMib() - warm;
if (grown > MOST_GROWTH_MIB) throw new Error(`the heap grew by ${grown.toFixed(1)} MiB`);
const cpu = process.cpuUsage();
process.send?.({ seed, inputs, grown, cpuSeconds: (cpu.user + cpu.system) / 1e6 });

function long(decoder: DecoderFuzz): number {
  const before = heapMib();
  return decoder.long(seed, LONG_STEPS, () => {
    const state = heapMib() - before;
    if (state > MOST_STATE_MIB) throw new Error(`one connection has ${state.toFixed(1)} MiB`);
  });
}

function decoderFuzz(): DecoderFuzz {
  const target = targets[name];
  if (target === undefined) throw new Error(`no target ${name}: ${Object.keys(targets).join(', ')}, replay`);
  return new DecoderFuzz(target.make(), target.corpus);
}
