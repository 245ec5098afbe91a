// Decoders against mutated connections, and replay against mutated captures, in a child that is watched for hangs.
//   npm run fuzz -- [decoder or replay ...] [--inputs 1e7] [--seconds 600] [--seed N]
// Default: every decoder, 10^7 inputs each, one after another, from a seed of the clock. An input is a mutated step of a case (what one
// socket operation would carry), or a mutated capture; those that are shown unmutated in between do not count.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { inRoot, root } from './lib/root.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '1e7' },
    seconds: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const HANG_MS = 30_000;
// The recordings among the cases are found from here.
process.chdir(root);
const directory = mkdtempSync(join(tmpdir(), 'sonde-fuzz-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const bundle = async (entry, outfile) => {
  const options = { bundle: true, platform: 'node', format: 'esm', sourcemap: 'inline' };
  await build({ ...options, entryPoints: [inRoot(entry)], outfile: join(directory, outfile) });
  return join(directory, outfile);
};

/** Resolves to the child's last message, or undefined when it failed or had to be killed. */
function run(main, name) {
  const child = fork(main, [name, values.seed, values.inputs, values.seconds], {
    execArgv: ['--expose-gc', '--enable-source-maps'],
  });
  let last = { seed: values.seed };
  let watch;
  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => {
      console.error(`${name} hangs within 1000 seeds from ${last.seed}`);
      child.kill('SIGKILL');
    }, HANG_MS);
  };
  alive();
  return new Promise((resolve) => {
    child.on('message', (message) => {
      last = message;
      alive();
    });
    child.on('exit', (code) => {
      clearTimeout(watch);
      resolve(code === 0 ? last : undefined);
    });
  });
}

const main = await bundle('test/fuzz/main.ts', 'main.mjs');
const { targets } = await import(await bundle('test/fuzz/targets.ts', 'targets.mjs'));
let total = 0;
for (const name of positionals.length > 0 ? positionals : Object.keys(targets)) {
  const result = await run(main, name);
  if (result === undefined) {
    process.exitCode = 1;
    continue;
  }
  const { inputs, seed, cpuSeconds, grown } = result;
  total += inputs;
  const growth = Number.isFinite(grown) ? `, heap ${grown.toFixed(1)} MiB more` : '';
  console.log(
    `${name}: ${inputs} inputs in ${seed - values.seed} connections from seed ${values.seed}, ${Math.round(inputs / cpuSeconds)} per second of CPU${growth}`,
  );
}
console.log(`${total} inputs`);
