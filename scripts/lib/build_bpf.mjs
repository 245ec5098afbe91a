// bpf/*.bpf.c → build/bpf/*.bpf.o. One object per program file, for this machine's architecture.
import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { inRoot } from './root.mjs';
import { must } from './run.mjs';
import { filesBelow, hashOf } from './stamp.mjs';

const target = process.arch === 'arm64' ? 'arm64' : 'x86';
// Debian keeps asm/ below the triplet, which `-target bpf` does not search.
const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

const flagsFor = (architecture, headers) => [
  '-g',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-target',
  'bpf',
  '-mcpu=v3',
  `-D__TARGET_ARCH_${architecture}`,
  '-I',
  'bpf',
  '-idirafter',
  headers,
];
const flags = flagsFor(target, `/usr/include/${triplet}`);

/** layout.bpf.o is never loaded: it carries the records' types for the generator, so it keeps everything. */
const keepsDebugInfo = (object) => basename(object) === 'layout.bpf.o';

export function bpfObjects(directory = 'build/bpf') {
  return filesBelow('bpf', (path) => path.endsWith('.bpf.c')).map((source) => ({
    source,
    object: `${directory}/${basename(source, '.c')}.o`,
  }));
}

function compile(objects, options) {
  for (const { source, object } of objects) {
    mkdirSync(inRoot(dirname(object)), { recursive: true });
    must('clang', [...options, '-c', source, '-o', object]);
    if (!keepsDebugInfo(object)) {
      // Removes DWARF; BTF, which CO-RE needs, stays.
      must('llvm-strip', ['-g', object]);
    }
  }
}

/** For another machine: scripts/kernels/. `headers` holds asm/. */
export function compileBpfFor(architecture, headers, directory, ...more) {
  compile(bpfObjects(directory), [...flagsFor(architecture, headers), ...more]);
}

export function buildBpf() {
  const objects = bpfObjects();
  return {
    what: 'compiling eBPF programs',
    inputs: () => hashOf(['bpf'], flags),
    outputs: objects.map(({ object }) => object),
    work: () => compile(objects, flags),
  };
}
