import { fuzzCapture } from './capture.ts';
import { fuzzOnce } from './decoder.ts';
import { targets } from './targets.ts';

/** Run by scripts/fuzz.mjs: tells each thousandth seed, so that the parent sees that nothing hangs. */
const [name = '', from = '0', seconds = '60'] = process.argv.slice(2);
const fuzz = name === 'replay' ? fuzzCapture : decoderFuzz();
const until = performance.now() + Number(seconds) * 1000;
let seed = Number(from);
process.on('exit', (code) => {
  if (code !== 0) console.error(`failed with seed ${seed}: npm run fuzz -- ${name} 1 ${seed}`);
});
const { heapUsed } = process.memoryUsage();
for (; performance.now() < until; seed++) {
  fuzz(seed);
  if (seed % 1000 === 0) process.send?.({ seed });
}
globalThis.gc?.();
const grown = (process.memoryUsage().heapUsed - heapUsed) / 1024 / 1024;
if (globalThis.gc !== undefined && grown > 64) throw new Error(`the heap grew by ${grown.toFixed(0)} MiB`);
console.log(`${name}: ${seed - Number(from)} connections, heap ${grown.toFixed(1)} MiB more`);

function decoderFuzz(): (seed: number) => void {
  const target = targets[name];
  if (target === undefined) throw new Error(`no target ${name}: ${Object.keys(targets).join(', ')}, replay`);
  const decoder = target.make();
  return (seed) => fuzzOnce(decoder, target.corpus, seed);
}
