import { readFileSync } from 'node:fs';
import { heldCapabilities } from './capabilities.ts';

interface Sources {
  /** /proc/self/status */
  readonly status: string;
  /** /proc/self/uid_map */
  readonly uidMap: string;
  /** /sys/kernel/security/lockdown: the mode that is on stands in brackets. */
  readonly lockdown: string;
}

/** Why this process is refused bpf(2), as far as /proc tells. */
export function whyRefused(sources: Sources = readSources()): string {
  const missing = heldCapabilities(sources.status)
    .filter(({ required, held }) => required && !held)
    .map(({ name }) => name);
  if (missing.length > 0) return `not held: ${missing.join(', ')}`;
  const held = 'CAP_BPF and CAP_PERFMON are held';
  if (!isFirstUserNamespace(sources.uidMap)) return `${held} in a user namespace (a rootless container) only`;
  if (sources.lockdown.includes('[confidentiality]')) return `${held}, but the kernel is locked down (confidentiality)`;
  if (/^Seccomp:\s*2$/m.test(sources.status)) return `${held}, but a seccomp profile is active`;
  return `${held}: the kernel’s configuration or a security module refuses`;
}

/** The first one maps every id to itself. Tracing programs ask it, whatever is held in another one. */
export function isFirstUserNamespace(uidMap = read('/proc/self/uid_map')): boolean {
  return uidMap === '' || /^\s*0\s+0\s+4294967295\s*$/.test(uidMap);
}

function readSources(): Sources {
  return {
    status: read('/proc/self/status'),
    uidMap: read('/proc/self/uid_map'),
    lockdown: read('/sys/kernel/security/lockdown'),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
