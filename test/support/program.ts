import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** The program in one folder, without the worker of the kernel side: what the command line does needs no more. */
export async function bundle(folder: string): Promise<string> {
  await build({
    entryPoints: [resolve('src/main.ts')],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    external: ['*.node'],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    define: { SONDE_VERSION: '"1.2.3"' },
    logLevel: 'silent',
  });
  return join(folder, 'main.mjs');
}
