import { readFileSync } from 'node:fs';

export interface Capability {
  readonly name: string;
  /** Bit number in include/uapi/linux/capability.h. */
  readonly bit: number;
  readonly purpose: string;
  /** Without it nothing can be observed. CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON. */
  readonly required: boolean;
}

export interface HeldCapability extends Capability {
  readonly held: boolean;
}

const SYS_ADMIN = 21;

const capabilities: readonly Capability[] = [
  { name: 'CAP_BPF', bit: 39, purpose: 'load programs and maps', required: true },
  { name: 'CAP_PERFMON', bit: 38, purpose: 'attach tracing programs and read the memory of calls', required: true },
  {
    name: 'CAP_SYS_PTRACE',
    bit: 19,
    purpose: 'read the environment and executable of processes of other users (service names)',
    required: false,
  },
  {
    name: 'CAP_DAC_READ_SEARCH',
    bit: 2,
    purpose: 'read /proc and files of processes of other users',
    required: false,
  },
  {
    name: 'CAP_SYS_ADMIN',
    bit: SYS_ADMIN,
    purpose: 'enter other network namespaces to find older sockets (scope: node)',
    required: false,
  },
];

/** The effective set, as a number of 64 bits, of /proc/PID/status. */
export function parseEffective(status: string): bigint {
  const match = /^CapEff:\s*([0-9a-f]+)$/m.exec(status);
  return match?.[1] === undefined ? 0n : BigInt(`0x${match[1]}`);
}

export function heldCapabilities(status = readFileSync('/proc/self/status', 'latin1')): HeldCapability[] {
  const effective = parseEffective(status);
  const has = (bit: number) => ((effective >> BigInt(bit)) & 1n) === 1n;
  return capabilities.map((capability) => ({
    ...capability,
    held: has(capability.bit) || (capability.required && has(SYS_ADMIN)),
  }));
}
