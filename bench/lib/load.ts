import type { Netns } from '../../test/support/netns.ts';
import type { Server } from '../../test/support/servers.ts';
import { cpuSeconds } from './process.ts';

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  /** ms. */
  readonly p50: number;
  readonly p99: number;
  /** CPU that the measured process spent on each request, µs. */
  readonly cpuPerRequest: number;
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

function percentile(text: string, which: string): number {
  const [, value, unit = ''] = new RegExp(`${which}%\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? [];
  return Number(value) * (UNITS[unit] ?? Number.NaN);
}

const WARM_UP_SECONDS = 1;

/** As `saturate`, after a while that does not count: V8 compiles, on both sides. */
export async function saturateWarm(netns: Netns, server: Server, pid: number, seconds: number): Promise<Load> {
  await saturate(netns, server, pid, WARM_UP_SECONDS);
  return saturate(netns, server, pid, seconds);
}

/** wrk at full speed on CPU 1; `pid` is the process whose CPU time counts. */
export async function saturate(netns: Netns, server: Server, pid: number, seconds: number): Promise<Load> {
  const before = cpuSeconds(pid);
  const url = `http://127.0.0.1:${server.port}/items/1`;
  const { stdout } = await netns.run('wrk', ['-t1', '-c32', `-d${seconds}s`, '--latency', url], { cpus: '1' });
  const spent = cpuSeconds(pid) - before;
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  if (!(requests > 0) || /Socket errors|Non-2xx/.test(stdout)) throw new Error(`wrk failed:\n${stdout}`);
  return {
    requests,
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50: percentile(stdout, '50'),
    p99: percentile(stdout, '99'),
    cpuPerRequest: (spent / requests) * 1e6,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
