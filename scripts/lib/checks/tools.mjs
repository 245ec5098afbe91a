// Checks that other programs do: types, lint and format.
import { run } from '../run.mjs';
import { treeFiles } from '../tree.mjs';

function problemsOf(command, args) {
  const { ok, stdout, stderr, status } = run(command, args, { capture: true });
  return ok ? [] : [`${(stdout + stderr).trim() || `${command} ended with ${status}`}`];
}

export const types = { name: 'types (tsc)', run: () => problemsOf('node_modules/.bin/tsc', ['-p', '.']) };

export const lint = {
  name: 'lint and format (biome)',
  run: () => problemsOf('node_modules/.bin/biome', ['check', '--colors=off', '.']),
};

export const cFormat = {
  name: 'format of C and C++ (clang-format)',
  run() {
    const files = treeFiles((path) => /^(bpf|native|bench|test)\/.*\.(c|cc|h)$/.test(path));
    return files.length === 0 ? [] : problemsOf('clang-format', ['--style=file', '--dry-run', '-Werror', ...files]);
  },
};
