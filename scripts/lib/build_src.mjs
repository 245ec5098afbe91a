// src/ → dist/main.mjs and dist/tap_worker.mjs: bundled, because loading node_modules file by file costs 70 MiB; split, so that
// components that a configuration does not name are never loaded.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { inRoot, root } from './root.mjs';
import { filesBelow, hashOf } from './stamp.mjs';

const entries = { main: 'src/main.ts', tap_worker: 'src/tap/worker.ts' };
const present = () => Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(inRoot(path))));

// CommonJS packages inside an ES module bundle still call require() for Node's own modules.
const banner = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);`;

export function buildSource() {
  const { version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  return {
    what: 'bundling TypeScript',
    inputs: () => hashOf(['src', 'package-lock.json', 'scripts/lib/build_src.mjs'], [version]),
    outputs: Object.keys(present()).map((name) => `dist/${name}.mjs`),
    async work() {
      const { build } = await import('esbuild');
      const { metafile } = await build({
        absWorkingDir: root,
        entryPoints: present(),
        outdir: 'dist',
        outExtension: { '.js': '.mjs' },
        chunkNames: 'chunks/[name]-[hash]',
        bundle: true,
        splitting: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        // Their ES modules are shaken: the CommonJS of OpenTelemetry alone costs 2 MiB in every pod.
        mainFields: ['module', 'main'],
        sourcemap: true,
        // Maps are for stack traces; the sources are in the repository.
        sourcesContent: false,
        minify: false,
        // lmdb finds its binary beside its own files.
        external: ['*.node', 'lmdb'],
        banner: { js: banner },
        define: { SONDE_VERSION: JSON.stringify(version) },
        logLevel: 'warning',
        metafile: true,
      });
      const written = new Set(Object.keys(metafile.outputs));
      for (const path of filesBelow('dist').filter((name) => !written.has(name))) {
        rmSync(inRoot(path));
      }
    },
  };
}
