import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const PRESSURE = '/proc/pressure/cpu';
/** Of a clock tick in /proc/stat, seconds. */
const TICK = 0.01;

/**
 * Seconds since boot in which processes may have waited for a CPU: at most so much of a duration is the machine's and not the program's.
 * The kernel gives the mean over the busy CPUs, so one of them may have waited for that many times as long; what the host of a virtual
 * machine took is no waiting to the kernel. 0 where neither is counted.
 */
export function waitedForCpu(): number {
  const text = existsSync(PRESSURE) ? readFileSync(PRESSURE, 'utf8') : '';
  const mean = Number(/^some .*total=(\d+)/m.exec(text)?.[1] ?? 0) / 1e6;
  // user, nice, system, idle, iowait, irq, softirq, steal: proc_stat(5).
  const stolen = Number(/^cpu +(?:\d+ ){7}(\d+)/.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? 0) * TICK;
  return mean * cpus().length + stolen;
}

/** What `work` took, in seconds, and how much of it may have been the machine's. */
export async function timed<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly seconds: number; readonly waited: number }> {
  const [begin, before] = [performance.now(), waitedForCpu()];
  const result = await work();
  return { result, seconds: (performance.now() - begin) / 1000, waited: waitedForCpu() - before };
}
