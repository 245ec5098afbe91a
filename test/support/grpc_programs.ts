import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { program, repository } from './paths.ts';

/** A gRPC library: its program takes `server PORT` or `client PORT COUNTS CONCURRENCY` behind `command`. */
export interface GrpcProgram {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const GO = join(program('grpc_go'));

/** With its modules to be downloaded, two busy cores need a minute and a half. */
const BUILD_MS = 300_000;

/** Built once, with the modules that go.sum names; the reason why it is not, else. */
function buildGo(): string | undefined {
  const go = ['/usr/local/go/bin/go', '/usr/bin/go', ...(process.env['PATH'] ?? '').split(':').map((at) => `${at}/go`)];
  const compiler = go.find((path) => existsSync(path));
  if (compiler === undefined) return 'there is no go';
  const { status, stderr, error } = spawnSync(
    compiler,
    ['build', '-mod=readonly', '-buildvcs=false', '-o', binary, '.'],
    {
      cwd: GO,
      encoding: 'utf8',
      timeout: BUILD_MS,
    },
  );
  return status === 0 ? undefined : `go build: ${error?.message ?? stderr.trim().split('\n').at(-1)}`;
}

const binary = join(repository, 'build', 'test', 'grpc_go');

/** Those that this machine can run, and why not all. */
export function grpcPrograms(): { readonly programs: readonly GrpcProgram[]; readonly missing: string | undefined } {
  const programs: GrpcProgram[] = [
    { name: 'grpcio', command: ['/usr/bin/python3', program('grpc_calls.py')] },
    { name: 'grpc-js', command: [process.execPath, program('grpc_calls.mjs')] },
  ];
  const missing = buildGo();
  return {
    programs: missing === undefined ? [...programs, { name: 'grpc-go', command: [binary] }] : programs,
    missing,
  };
}
