import { spawn } from 'node:child_process';
import { openKernelTap } from '../../src/kernel/tap.ts';
import type { RecordHandler } from '../../src/kernel/types.ts';
import { readHost } from '../../src/tap/host_resource.ts';
import { ProcReader } from '../../src/tap/process_info.ts';
import { ProcessTable } from '../../src/tap/processes.ts';

/** What a process table learnt of short-lived processes from the kernel's own records. */
export interface ProcessSession {
  readonly serviceNames: readonly string[];
  readonly executables: readonly string[];
  readonly retired: number;
  readonly size: number;
}

/** A program of its own: starts `sleep` as often as its argument says, with an OTEL_SERVICE_NAME, and tells by JSON. */
const count = Number(process.argv[2]);
const tap = openKernelTap({ scope: 'pod', ringBytes: 2 ** 20, captureBytes: 128, budgetBytes: 65536 });
const serviceNames: string[] = [];
const executables: string[] = [];
let retired = 0;
const table = new ProcessTable({
  host: readHost(),
  reader: new ProcReader(),
  version: '0.0.0',
  encode: () => new Uint8Array(1),
  onRetire: () => retired++,
});
const handler: RecordHandler = {
  conn: () => {},
  data: () => {},
  end: () => {},
  fork: (record) => table.fork(record),
  exit: (record) => table.exit(record),
  exec: (record) => {
    table.exec(record);
    const owner = table.owner(record.process, record.time);
    serviceNames.push(owner.instance.serviceName);
    executables.push(owner.executableName);
  },
};
const drain = () => tap.drain(handler, 2 ** 20);
tap.watch(drain);
for (let i = 0; i < count; i++) {
  const child = spawn('/bin/sleep', ['0.01'], { env: { OTEL_SERVICE_NAME: `short-${i}` }, stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
}
drain();
table.sweep(tap.now() + 6e9);
process.stdout.write(JSON.stringify({ serviceNames, executables, retired, size: table.size } satisfies ProcessSession));
tap.close();
