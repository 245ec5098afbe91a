// native/ → build/Release/{sonde,compression}.node by node-gyp, with the headers that came with node: nothing is downloaded.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupError } from './apt.mjs';
import { inRoot } from './root.mjs';
import { must } from './run.mjs';
import { hashOf } from './stamp.mjs';

export function nodePrefix() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  if (!existsSync(join(prefix, 'include', 'node', 'node_api.h'))) {
    throw new SetupError(
      `no Node headers in ${join(prefix, 'include', 'node')}; install Node from its official archive or NodeSource, or Debian's libnode-dev`,
    );
  }
  return prefix;
}

export function buildNative() {
  return {
    what: 'compiling the addon',
    inputs: () =>
      hashOf(
        ['binding.gyp', 'native', 'bpf/events.h', 'node_modules/node-addon-api/package.json'],
        [process.version, process.arch, process.execPath],
      ),
    outputs: existsSync(inRoot('binding.gyp')) ? ['build/Release/sonde.node', 'build/Release/compression.node'] : [],
    work() {
      if (!existsSync(inRoot('binding.gyp'))) {
        return;
      }
      // Not `rebuild`: its `clean` removes build/, where the other parts' outputs are.
      must(process.execPath, [
        'node_modules/node-gyp/bin/node-gyp.js',
        'configure',
        'build',
        `--nodedir=${nodePrefix()}`,
        '--loglevel=error',
        '--jobs=max',
      ]);
    },
  };
}
