// Running other programs, with errors that say what was run. Node built-ins only: setup uses it before `npm ci`.
import { spawnSync } from 'node:child_process';
import { root } from './root.mjs';

export class CommandError extends Error {
  constructor(command, status, output) {
    super(`\`${command}\` ended with ${status}${output === '' ? '' : `:\n${output.trimEnd()}`}`);
    this.name = 'CommandError';
  }
}

/** Runs to the end; output goes to our own stdout and stderr, or into the result when `capture`. */
export function run(command, args, { capture = false, env, cwd = root, input } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    input,
    maxBuffer: 64 * 1024 * 1024,
    stdio: capture ? 'pipe' : [input === undefined ? 'ignore' : 'pipe', 'inherit', 'inherit'],
  });
  const status = result.error?.code ?? result.status ?? result.signal;
  return { status, ok: status === 0, stdout: result.stdout ?? '', stderr: result.stderr ?? '' };
}

/** As `run`, but a failure is thrown with what the program said. */
export function must(command, args, options = {}) {
  const result = run(command, args, options);
  if (!result.ok) {
    throw new CommandError([command, ...args].join(' '), result.status, result.stdout + result.stderr);
  }
  return result;
}

export const isRoot = process.getuid?.() === 0;

/** sudo asks for a password only where somebody can type one. */
export function asRoot(command, args, options = {}) {
  if (isRoot) {
    return run(command, args, options);
  }
  const interactive = process.stdin.isTTY === true && process.env.CI === undefined;
  return run('sudo', [...(interactive ? [] : ['-n']), command, ...args], {
    ...options,
    ...(interactive ? { input: undefined } : {}),
  });
}

/** Shows one step while it runs, and how long it took. */
export async function step(what, work) {
  const begin = performance.now();
  process.stderr.write(`setup: ${what}\n`);
  const value = await work();
  const seconds = (performance.now() - begin) / 1000;
  if (seconds > 1) {
    process.stderr.write(`setup: ${what}: ${seconds.toFixed(1)} s\n`);
  }
  return value;
}
