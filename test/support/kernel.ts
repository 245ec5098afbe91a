import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { gatedGroup } from './gated.ts';
import type { Session, SessionRequest } from './kernel_session.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Below the repository's root, so that bundles find the addon and the objects. Each test process has its own; run.mjs removes it. */
const bundles = join(root, 'build', 'test', String(process.pid));

/** What this machine lacks for kernel tests. */
function missing(): string | undefined {
  if (process.getuid?.() !== 0) {
    return 'not root';
  }
  if (!existsSync('/sys/kernel/btf/vmlinux')) {
    return 'the kernel has no BTF';
  }
  const built = ['build/Release/sonde.node', 'build/bpf/socket.bpf.o', 'build/bpf/process.bpf.o'];
  const absent = built.filter((path) => !existsSync(join(root, path)));
  return absent.length === 0 ? undefined : absent.map((path) => `${path} is not built`).join(', ');
}

/** describe(), or a loud skip that the runner counts, where the machine cannot load BPF programs. */
export const describeKernel = gatedGroup(missing());

/** Bundles a TypeScript program of test/ for a process of its own; returns the path. */
export function bundle(path: string): string {
  mkdirSync(bundles, { recursive: true });
  const outfile = join(bundles, `${path.replaceAll('/', '_').replace(/\.ts$/, '')}.mjs`);
  if (!existsSync(outfile)) {
    buildSync({
      entryPoints: [join(root, 'test', path)],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      external: ['*.node'],
    });
  }
  return outfile;
}

/** Arguments that run a program in a network namespace of its own, with loopback up. */
export function inNamespace(program: string, ...args: string[]): string[] {
  return ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', program, ...args];
}

/** Observes what `request.command` does in a network namespace of its own; `wrapper` is a command that starts Sonde's side. */
export function observe(request: SessionRequest, wrapper: readonly string[] = []): Session {
  const [program = '', ...rest] = [...wrapper, process.execPath, bundle('support/kernel_session.ts')];
  const [command = '', ...args] = inNamespace(program, ...rest);
  const { status, stdout, stderr } = spawnSync(command, args, {
    input: JSON.stringify(request),
    maxBuffer: 1 << 28,
    timeout: 60_000,
  });
  if (status !== 0) {
    throw new Error(`the session ended with ${status}: ${stderr}`);
  }
  return JSON.parse(stdout.toString()) as Session;
}

/** For a command in Python: waits until Sonde has read what was done. */
export const SYNC = `
import os
def sync(): os.write(3, b'.'); os.read(3, 1)
`;

/** In front of a session that must get a CPU at once, also on a busy machine. */
export const FIRST = ['nice', '-n', '-20'] as const;

let scratchDirectory = '';

function scratch(): string {
  if (scratchDirectory === '') {
    scratchDirectory = mkdtempSync(join(tmpdir(), 'sonde-test-'));
  }
  return scratchDirectory;
}

/** Compiles test/`path`; returns the program's path. */
export function compile(path: string, ...options: string[]): string {
  const output = join(scratch(), path.replaceAll(/\W/g, '_'));
  execFileSync('gcc', ['-O1', '-Wall', '-o', output, join(root, 'test', path), ...options, '-lpthread']);
  return output;
}
