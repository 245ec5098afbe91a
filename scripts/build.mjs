#!/usr/bin/env node
// Compiles bpf/, native/ and src/, and writes generated sources; each part only when its inputs changed.
// usage: build.mjs [--force] [bpf] [gen] [native] [src]
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { buildBpf } from './lib/build_bpf.mjs';
import { generate } from './lib/build_gen.mjs';
import { buildNative } from './lib/build_native.mjs';
import { buildSource } from './lib/build_src.mjs';
import { CommandError, step } from './lib/run.mjs';
import { clearStamp, isFresh, setStamp } from './lib/stamp.mjs';

// In this order: generated sources are read from compiled eBPF objects.
const parts = { bpf: buildBpf, gen: generate, native: buildNative, src: buildSource };

export async function build(names = Object.keys(parts), force = false) {
  for (const name of names) {
    const { what, inputs, outputs, work } = parts[name]();
    // Generators write what others hash, so the stamp is taken again after the work.
    if (!force && isFresh(name, inputs(), outputs)) {
      continue;
    }
    clearStamp(name);
    await step(what, work);
    setStamp(name, inputs());
  }
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const names = argv.slice(2).filter((name) => name !== '--force');
  const unknown = names.find((name) => !(name in parts));
  if (unknown !== undefined) {
    process.stderr.write(`build: no part ${unknown}; parts: ${Object.keys(parts).join(' ')}\n`);
    process.exit(2);
  }
  try {
    await build(names.length > 0 ? names : undefined, argv.includes('--force'));
  } catch (error) {
    process.stderr.write(`build: ${error instanceof CommandError ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
}
