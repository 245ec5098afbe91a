// cross-build.mjs ARCHITECTURE ROOT OUTPUT: eBPF objects (OUTPUT/bpf) and addons (OUTPUT/Release) for another architecture,
// with Debian's cross compiler and the libraries of ROOT (foreign-root.sh).
import { copyFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { compileBpfFor } from '../lib/build_bpf.mjs';
import { nodePrefix } from '../lib/build_native.mjs';
import { inRoot } from '../lib/root.mjs';
import { must } from '../lib/run.mjs';

const [architecture, root, output] = process.argv.slice(2);
const targets = { arm64: { triplet: 'aarch64-linux-gnu', bpf: 'arm64' } };
const { triplet, bpf } = targets[architecture];

compileBpfFor(bpf, `/usr/${triplet}/include`, join(output, 'bpf'));

// node-gyp writes below the directory of binding.gyp.
const tree = inRoot(output, 'gyp');
mkdirSync(tree, { recursive: true });
for (const part of ['native', 'bpf', 'node_modules', 'package.json', 'binding.gyp']) {
  rmSync(join(tree, part), { force: true });
  symlinkSync(inRoot(part), join(tree, part));
}
const env = {
  CC: `${triplet}-gcc --sysroot=${root}`,
  CXX: `${triplet}-g++ --sysroot=${root}`,
  AR: `${triplet}-ar`,
};
must(
  process.execPath,
  [
    'node_modules/node-gyp/bin/node-gyp.js',
    'configure',
    'build',
    `--arch=${architecture}`,
    `--nodedir=${nodePrefix()}`,
    '--loglevel=error',
  ],
  { cwd: tree, env, capture: true },
);
mkdirSync(inRoot(output, 'Release'), { recursive: true });
for (const addon of ['sonde.node', 'compression.node']) {
  copyFileSync(join(tree, 'build/Release', addon), inRoot(output, 'Release', addon));
}
