// build.mjs ARCHITECTURE VARIANT ROOTS OUTPUT: what a guest sees as build/, in OUTPUT: eBPF objects (bpf/), addons (Release/)
// and the checks (test/vm/). For arm64 with Debian's cross compiler and the libraries of ROOTS/root-arm64 (foreign-root.sh).
// VARIANT, or '-': `no-loop` compiles the programs as if the kernel had no bpf_loop (before 5.17), `linux-5.10` so that 5.10
// stands in for 5.15 (test/kernel/vm/linux_5_10.h).
import { copyFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { compileBpfFor } from '../lib/build_bpf.mjs';
import { nodePrefix } from '../lib/build_native.mjs';
import { inRoot } from '../lib/root.mjs';
import { must } from '../lib/run.mjs';

const [architecture, variant, roots, output] = process.argv.slice(2);
const targets = {
  amd64: { bpf: 'x86', headers: '/usr/include/x86_64-linux-gnu' },
  arm64: { bpf: 'arm64', headers: '/usr/aarch64-linux-gnu/include', triplet: 'aarch64-linux-gnu' },
};
const flags = {
  '-': [],
  'no-loop': ['-Dhas_loop()=false'],
  'linux-5.10': ['-include', 'test/kernel/vm/linux_5_10.h'],
};
const { bpf, headers, triplet } = targets[architecture];

compileBpfFor(bpf, headers, join(output, 'bpf'), ...flags[variant]);

/** node-gyp writes below the directory of binding.gyp: one with the same files. */
function crossCompile() {
  const tree = inRoot(output, 'gyp');
  mkdirSync(tree, { recursive: true });
  for (const part of ['native', 'bpf', 'node_modules', 'package.json', 'binding.gyp']) {
    rmSync(join(tree, part), { force: true });
    symlinkSync(inRoot(part), join(tree, part));
  }
  const sysroot = `--sysroot=${join(roots, `root-${architecture}`)}`;
  const env = { CC: `${triplet}-gcc ${sysroot}`, CXX: `${triplet}-g++ ${sysroot}`, AR: `${triplet}-ar` };
  const gyp = ['node_modules/node-gyp/bin/node-gyp.js', 'configure', 'build', '--loglevel=error'];
  must(process.execPath, [...gyp, `--arch=${architecture}`, `--nodedir=${nodePrefix()}`], {
    cwd: tree,
    env,
    capture: true,
  });
  return join(tree, 'build/Release');
}

const addons = triplet === undefined ? inRoot('build/Release') : crossCompile();
mkdirSync(inRoot(output, 'Release'), { recursive: true });
for (const addon of ['sonde.node', 'compression.node']) {
  copyFileSync(join(addons, addon), inRoot(output, 'Release', addon));
}

await build({
  absWorkingDir: inRoot(),
  entryPoints: ['test/kernel/vm/check.ts', 'test/kernel/vm/spans.ts'],
  outdir: join(output, 'test/vm'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external: ['*.node'],
  logLevel: 'warning',
});
