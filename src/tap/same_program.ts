import { NO_CONTAINER } from './container_id.ts';
import { NO_ENVIRONMENT } from './otel_environment.ts';
import type { ProcessEntry } from './process_entry.ts';
import { baseName, type ProcessImage } from './process_info.ts';
import { interpretedProgram } from './program_name.ts';

/** What an exec record alone tells, where /proc shows nothing or not the executable. */
export function imageOfRecord(filename: string, comm: string, read: ProcessImage | undefined): ProcessImage {
  return {
    executable: filename.startsWith('/') ? filename : '',
    // fexecve(3) is told as /dev/fd/<n>, which names nothing.
    executableName: filename.startsWith('/dev/fd/') ? comm : baseName(filename) || comm,
    calledName: '',
    args: read?.args ?? [],
    environment: read?.environment ?? NO_ENVIRONMENT,
    cgroup: read?.cgroup ?? { path: '', container: NO_CONTAINER },
    userId: read?.userId ?? -1,
  };
}

/** Parent and child are processes of one service instance. */
export function runsSame(parent: ProcessEntry, child: ProcessEntry): boolean {
  const { image: a } = parent;
  const { image: b } = child;
  if (a === undefined || b === undefined) return false;
  // Only records from the kernel have the id.
  if (parent.cgroupId !== 0 && child.cgroupId !== 0 && parent.cgroupId !== child.cgroupId) return false;
  return continues(a, b);
}

/** `after` is the program of `before`: executable, cgroup, and where they are known, script and service. */
export function continues(before: ProcessImage, after: ProcessImage): boolean {
  if (before === after) return true;
  if (before.executable !== after.executable || before.executableName !== after.executableName) return false;
  if (before.calledName !== after.calledName && before.calledName !== '' && after.calledName !== '') return false;
  if (before.cgroup.path !== after.cgroup.path) return false;
  // A program that writes its title over its environment (nginx) has none left: that is no difference.
  const { serviceName, resourceAttributes } = after.environment;
  if (serviceName !== '' && serviceName !== before.environment.serviceName) return false;
  if (resourceAttributes !== '' && resourceAttributes !== before.environment.resourceAttributes) return false;
  const program = interpretedProgram(before.executableName, before.args);
  const other = interpretedProgram(after.executableName, after.args);
  // A child without a script runs code of its parent's (multiprocessing's `python -c`); one with another is itself.
  return other === '' || (program !== '' && samePath(program, other));
}

/** Paths of one script, of which one may be relative: Node's cluster starts `node app.js` again as `node /srv/app.js`. */
function samePath(one: string, other: string): boolean {
  const a = withoutDots(one);
  const b = withoutDots(other);
  return a === b || `/${a}`.endsWith(`/${b}`) || `/${b}`.endsWith(`/${a}`) || a === '' || b === '';
}

/** '' for the working directory itself, as in `node .`. */
function withoutDots(path: string): string {
  return path.replace(/^(?:\.{1,2}(?:\/|$))+/, '').replace(/\/+$/, '');
}
