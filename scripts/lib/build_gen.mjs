// Generated sources: each scripts/gen/*.mjs writes committed *.gen.ts files; `--check` only compares.
import { must, run } from './run.mjs';
import { filesBelow, hashOf } from './stamp.mjs';

export const generators = () => filesBelow('scripts/gen', (path) => path.endsWith('.mjs'));

export function generate() {
  return {
    what: 'generating sources',
    inputs: () => hashOf(['scripts/gen', 'bpf', 'src']),
    outputs: [],
    work() {
      for (const generator of generators()) {
        must('node', [generator]);
      }
    },
  };
}

/** Problems, one per generator whose committed output is not what it would write. */
export function staleGenerated() {
  return generators().flatMap((generator) => {
    const result = run('node', [generator, '--check'], { capture: true });
    return result.ok ? [] : [`${generator}: ${(result.stdout + result.stderr).trim()}`];
  });
}
