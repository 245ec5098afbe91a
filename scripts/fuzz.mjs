// Decoders against mutated connections, in a child that is watched for hangs.
//   npm run fuzz -- [decoder or replay] [seconds] [first seed]       default: http1, 60 s, a seed of the clock
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const [name = 'http1', seconds = '60', first = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
const HANG_MS = 20_000;
const root = new URL('..', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'sonde-fuzz-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const outfile = join(directory, 'fuzz.mjs');
await build({
  entryPoints: [join(root, 'test/fuzz/main.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile,
  sourcemap: 'inline',
});

const child = fork(outfile, [name, first, seconds], { execArgv: ['--expose-gc', '--enable-source-maps'] });
let seed = first;
let watch;
const alive = () => {
  clearTimeout(watch);
  watch = setTimeout(() => {
    console.error(`hangs within 1000 seeds from ${seed}`);
    child.kill('SIGKILL');
  }, HANG_MS);
};
alive();
child.on('message', (message) => {
  seed = message.seed;
  alive();
});
child.on('exit', (code) => {
  clearTimeout(watch);
  process.exitCode = code ?? 1;
});
