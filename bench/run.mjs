#!/usr/bin/env node
// Bundles the benchmark, which shares the tests' servers, and runs it. usage: npm run bench [-- --quick | wire]
// The decoders come first, and alone with `wire`: they need neither root nor servers.
import { mkdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { inRoot, root } from '../scripts/lib/root.mjs';
import { must } from '../scripts/lib/run.mjs';

const alone = process.argv[2] === 'wire';
must(process.execPath, ['bench/wire.mjs', ...(alone ? process.argv.slice(3) : [])]);
if (alone) process.exit();
if (process.getuid?.() !== 0) {
  console.error('bench: loads eBPF programs and makes network namespaces: run it as root');
  process.exit(1);
}
mkdirSync(inRoot('build', 'bench'), { recursive: true });
must('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', 'build/bench/paced', 'bench/paced.c']);
const outfile = inRoot('build', 'bench', 'main.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['bench/main.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
await import(pathToFileURL(outfile).href);
