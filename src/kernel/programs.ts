import type { Addon } from './addon.ts';

export type Backend = 'tracepoint' | 'fexit';

/** In order of preference. */
export const backends: readonly Backend[] = ['tracepoint', 'fexit'];

export interface Program {
  readonly name: string;
  /** What is shown to the user: kind and kernel name of the hook. */
  readonly hook: string;
  /** undefined: with every back end. */
  readonly backend?: Backend;
  /** Kernel functions that may stand for the hook, best first. */
  readonly targets?: readonly string[];
  /** Without it the back end still works. */
  readonly optional?: boolean;
  /** What becomes of Sonde without it, whatever the back end. */
  readonly without?: string;
}

/** Iterators run once, or whenever they are asked. */
export interface Iterator extends Program {
  /** The map that it walks through. */
  readonly map?: string;
}

export const NOTHING_SEEN = 'nothing is observed';
const SHORT_LIVED = 'processes that end within milliseconds may stay without environment and service name';

/** bpf/socket.bpf.c */
export const socketPrograms: readonly Program[] = [
  { name: 'sock_send', hook: 'tp_btf/sock_send_length', backend: 'tracepoint' },
  { name: 'sock_recv', hook: 'tp_btf/sock_recv_length', backend: 'tracepoint' },
  // sock_sendmsg is only the entry for callers in other files: its fexit program attaches and may see nothing.
  {
    name: 'sendmsg_exit',
    hook: 'fexit/__sock_sendmsg',
    backend: 'fexit',
    targets: ['__sock_sendmsg', 'sock_sendmsg'],
  },
  { name: 'recvmsg_exit', hook: 'fexit/sock_recvmsg', backend: 'fexit', targets: ['sock_recvmsg'] },
  // sendfile and splice before 6.5.
  { name: 'sendpage_exit', hook: 'fexit/inet_sendpage', backend: 'fexit', targets: ['inet_sendpage'], optional: true },
  { name: 'sock_state', hook: 'tp_btf/inet_sock_set_state', without: NOTHING_SEEN },
];

/** TCP sockets that are older than the tap; who Sonde is. */
export const olderSockets: Iterator = { name: 'iter_tcp', hook: 'iter/tcp', without: NOTHING_SEEN };
/** How far connections have come. */
export const progress: Iterator = {
  name: 'iter_sockets',
  hook: 'iter/bpf_sk_storage_map',
  map: 'sockets',
  without: 'bytes of connections with TLS and of no known protocol are told when they end, not as they pass',
};

/** bpf/process.bpf.c */
export const processPrograms: readonly Program[] = [
  { name: 'proc_exec', hook: 'tp_btf/sched_process_exec', without: SHORT_LIVED },
  { name: 'proc_fork', hook: 'tp_btf/sched_process_fork', without: SHORT_LIVED },
  { name: 'proc_exit', hook: 'tp_btf/sched_process_exit', without: SHORT_LIVED },
];

/** '' if the kernel's types have what the back end needs, else what is missing. */
export function missingFor(addon: Addon, backend: Backend): string {
  if (backend === 'tracepoint') {
    return addon.hasTracepoint('sock_send_length') ? '' : 'no tracepoint sock_send_length (Linux 6.3 and later)';
  }
  for (const program of socketPrograms) {
    if (program.backend === 'fexit' && program.optional !== true && attachTarget(addon, program) === undefined) {
      return `no function ${(program.targets ?? []).join(' or ')}`;
    }
  }
  return '';
}

export function attachTarget(addon: Addon, program: Program): string | undefined {
  return program.targets?.find((target) => addon.hasFunction(target));
}
