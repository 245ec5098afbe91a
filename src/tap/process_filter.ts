import type { TapFilter } from './protocol.ts';

/** What a filter's lists are compared with. */
export interface FilteredProcess {
  /** 0 = not visible. */
  readonly pid: number;
  /** First process of the service instance; 0 = not visible. */
  readonly instancePid: number;
  /** '' if not known. */
  readonly executable: string;
  readonly executableName: string;
  readonly calledName: string;
  readonly cgroup: string;
}

/**
 * `*` stands for any number of characters ('/' too), `?` for one. In time proportional to the product of the lengths,
 * whatever the pattern: no regular expression.
 */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    const c = pattern.charAt(p);
    if (c === '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.length && (c === '?' || c === text.charAt(t))) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern.charAt(p) === '*') p++;
  return p === pattern.length;
}

/** A pattern with a '/' means the path, one without the name, or what it was called. */
function executableMatches(pattern: string, process: FilteredProcess): boolean {
  const { executable, executableName, calledName } = process;
  if (pattern.includes('/')) return globMatches(pattern, executable);
  return globMatches(pattern, executableName) || (calledName !== '' && globMatches(pattern, calledName));
}

/**
 * Every list that is not empty must have a match; ports are compared by the tap. A pid also means the processes of
 * the service instance that it is the first of: the pid of nginx's master is that of its workers' service.
 */
export function processMatches(filter: TapFilter, process: FilteredProcess): boolean {
  const { executables, pids, cgroups } = filter;
  if (executables.length > 0 && !executables.some((one) => executableMatches(one, process))) return false;
  if (pids.length > 0 && !pids.some((pid) => pid !== 0 && (pid === process.pid || pid === process.instancePid)))
    return false;
  return cgroups.length === 0 || cgroups.some((one) => globMatches(one, process.cgroup));
}
