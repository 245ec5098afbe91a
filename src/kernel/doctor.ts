import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { SondeError } from '../errors.ts';
import { loadAddon } from './addon_loader.ts';
import { heldCapabilities } from './capabilities.ts';
import { type HookProbe, probeHooks } from './hook_probe.ts';
import { ownNetns } from './netns.ts';
import { isFirstUserNamespace } from './privileges.ts';
import { NOTHING_SEEN } from './programs.ts';
import { BTF_PATH, describe, openKernelTap } from './tap.ts';

export type RowStatus = 'ok' | 'info' | 'warning' | 'failed';

export interface DoctorRow {
  readonly item: string;
  readonly status: RowStatus;
  readonly detail: string;
  /** What to do; '' where nothing is missing. */
  readonly remedy: string;
}

export interface DoctorReport {
  readonly rows: DoctorRow[];
  /** A back end works: sockets can be observed. */
  readonly canRun: boolean;
}

/**
 * Oldest kernel with what the programs use: socket storage and task registers in tracing programs, and one of the back ends.
 * On arm64 fexit programs attach from 6.4 on, so only the tracepoints of 6.3 are left.
 */
const OLDEST_KERNEL: Readonly<Record<string, readonly [number, number]>> = { arm64: [6, 3] };
const OLDEST_ELSEWHERE = [5, 15] as const;
const MIB = 2 ** 20;
const PROBE_OPTIONS = { ringBytes: 2 * MIB, captureBytes: 16_384, budgetBytes: 256 * 1024 };

/** What works on this machine, found by using it. */
export async function diagnose(scope: 'pod' | 'node'): Promise<DoctorReport> {
  const rows = [kernelRow(release()), btfRow()];
  let canRun = false;
  const libraryProblem = addonProblem();
  if (libraryProblem === '') {
    const { row, works, memory } = tapRow(scope);
    rows.push(...(await probeHooks()).map((probe) => hookRow(probe, works)), row, ...memory);
    canRun = works;
  } else {
    rows.push({ item: 'addon', status: 'failed', detail: libraryProblem, remedy: 'npm run setup' });
  }
  rows.push(...capabilityRows(), ...namespaceRows(), perfRow(), cgroupRow(), scopeRow(scope));
  return { rows, canRun };
}

export function kernelRow(name: string, architecture: string = process.arch): DoctorRow {
  const oldest = OLDEST_KERNEL[architecture] ?? OLDEST_ELSEWHERE;
  const [major = 0, minor = 0] = name.split('.').map((part) => Number.parseInt(part, 10));
  const supported = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
  return {
    item: 'kernel',
    status: supported ? 'ok' : 'failed',
    detail: name,
    remedy: supported ? '' : `use Linux ${oldest.join('.')} or later; older kernels are not supported yet`,
  };
}

function btfRow(): DoctorRow {
  const found = existsSync(BTF_PATH);
  return {
    item: 'BTF',
    status: found ? 'ok' : 'failed',
    detail: found ? BTF_PATH : `${BTF_PATH} is missing`,
    remedy: found ? '' : 'use a kernel built with CONFIG_DEBUG_INFO_BTF=y, or mount /sys into the container',
  };
}

function addonProblem(): string {
  try {
    loadAddon();
    return '';
  } catch (error) {
    return String((error as Error).message);
  }
}

/** `tapWorks`: with the hooks of one back end, so that nobody needs those of another. */
export function hookRow({ hook, works, reason, without }: HookProbe, tapWorks: boolean): DoctorRow {
  if (works) return { item: hook, status: 'ok', detail: reason || 'works', remedy: '' };
  if (without === '' && tapWorks)
    return { item: hook, status: 'info', detail: `not needed here (${reason})`, remedy: '' };
  const effect = without === '' ? 'one back end has to work' : `without it ${without}`;
  const denied = /EPERM|EACCES/.test(reason)
    ? ': grant CAP_BPF and CAP_PERFMON; some kernels refuse it to everybody'
    : '';
  const status = without === '' ? 'info' : without === NOTHING_SEEN ? 'failed' : 'warning';
  return { item: hook, status, detail: reason, remedy: effect + denied };
}

/** The whole tap, as `sonde` starts it. */
function tapRow(scope: 'pod' | 'node'): { row: DoctorRow; works: boolean; memory: DoctorRow[] } {
  try {
    const tap = openKernelTap({ scope, ...PROBE_OPTIONS });
    const detail = `${(tap.mapBytes / MIB).toFixed(2)} MiB, of which the ring ${PROBE_OPTIONS.ringBytes / MIB} MiB`;
    tap.close();
    return {
      row: { item: 'socket tap', status: 'ok', detail: `works, back end ${tap.backend}`, remedy: '' },
      works: true,
      memory: [{ item: 'map memory', status: 'ok', detail, remedy: '' }],
    };
  } catch (error) {
    const remedy = error instanceof SondeError ? error.remedy : 'run as root';
    return {
      row: { item: 'socket tap', status: 'failed', detail: describe(error), remedy },
      works: false,
      memory: [],
    };
  }
}

function capabilityRows(): DoctorRow[] {
  return heldCapabilities().map(({ name, purpose, required, held }) => ({
    item: name,
    status: held ? 'ok' : required ? 'failed' : 'warning',
    detail: `${held ? 'held' : 'not held'}: ${purpose}`,
    remedy: held ? '' : `add ${name} to the container's securityContext.capabilities, or run as root`,
  }));
}

/** Nothing to tell of the first one. */
export function namespaceRows(isFirst = isFirstUserNamespace()): DoctorRow[] {
  if (isFirst) return [];
  const detail = 'not the first one: what is held in it is not asked for by tracing programs';
  return [
    { item: 'user namespace', status: 'failed', detail, remedy: 'run Sonde in a container that is not rootless' },
  ];
}

function perfRow(): DoctorRow {
  const value = readSetting('/proc/sys/kernel/perf_event_paranoid');
  return {
    item: 'perf_event_paranoid',
    status: 'info',
    detail: `${value}${Number(value) > 2 ? ' (profiling needs CAP_PERFMON)' : ''}`,
    remedy: '',
  };
}

function cgroupRow(): DoctorRow {
  const unified = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const mounted = existsSync('/sys/fs/cgroup');
  const hybrid = existsSync('/sys/fs/cgroup/unified/cgroup.controllers');
  return {
    item: 'cgroup',
    status: mounted ? 'ok' : 'warning',
    detail: unified
      ? 'version 2'
      : hybrid
        ? 'version 1 with version 2 at /sys/fs/cgroup/unified'
        : mounted
          ? 'version 1'
          : 'not mounted',
    remedy: mounted ? '' : 'mount /sys/fs/cgroup so that container ids can be told',
  };
}

function scopeRow(scope: 'pod' | 'node'): DoctorRow {
  const netns = `network namespace ${ownNetns()}`;
  return {
    item: 'scope',
    status: 'info',
    detail: scope === 'pod' ? `pod: ${netns} alone` : `node: every network namespace (Sonde is in ${netns})`,
    remedy: '',
  };
}

function readSetting(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return 'not readable';
  }
}
