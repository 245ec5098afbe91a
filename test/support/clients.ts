import { once } from 'node:events';
import { collect, type Netns } from './netns.ts';
import { program } from './paths.ts';
import type { Server } from './servers.ts';
import { until } from './until.ts';

export interface Batch {
  /** First segment of every path: tells the batches of one run apart. */
  readonly name: string;
  readonly count: number;
  readonly method?: string;
  /** Path after the batch's name; the request's number follows it. */
  readonly path?: string;
  readonly concurrency?: number;
  readonly keepAlive?: boolean;
  readonly address?: 'ipv4' | 'ipv6' | 'unix';
  readonly bodyBytes?: number;
  readonly chunked?: boolean;
  /** The second half of the body follows so much later. */
  readonly bodyDelayMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends every request of the batch; throws if one got no answer. */
export type Client = (netns: Netns, server: Server, batch: Batch) => Promise<void>;

export const pathPrefix = (batch: Batch): string => `/${batch.name}${batch.path ?? '/items/'}`;

const paths = (batch: Batch): string[] =>
  Array.from({ length: batch.count }, (_, index) => `${pathPrefix(batch)}${index + 1}`);

function plan(server: Server, batch: Batch): string {
  const { method = 'GET', concurrency = 1, keepAlive = true, address = 'ipv4' } = batch;
  return JSON.stringify({
    ...batch,
    method,
    concurrency,
    keepAlive,
    paths: paths(batch),
    ...(address === 'unix'
      ? { socketPath: server.socket }
      : { host: address === 'ipv6' ? '::1' : '127.0.0.1', port: server.port }),
  });
}

async function runPlan(netns: Netns, command: string, script: string, server: Server, batch: Batch): Promise<void> {
  const { code, stdout, stderr } = await netns.run(command, [program(script), plan(server, batch)]);
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${stderr}`);
  const { statuses, failures } = JSON.parse(stdout) as { statuses: Record<string, number>; failures: string[] };
  const answered = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  if (failures.length > 0 || answered !== batch.count) {
    throw new Error(`${script}: ${answered} of ${batch.count} answered; ${failures.slice(0, 3).join('; ')}`);
  }
}

export const nodeClient: Client = (netns, server, batch) =>
  runPlan(netns, process.execPath, 'node_client.mjs', server, batch);

export const pythonClient: Client = (netns, server, batch) =>
  runPlan(netns, '/usr/bin/python3', 'python_client.py', server, batch);

const origin = (server: Server, batch: Batch): string =>
  batch.address === 'ipv6' ? `http://[::1]:${server.port}` : `http://127.0.0.1:${server.port}`;

export const curl: Client = async (netns, server, batch) => {
  const { method = 'GET', concurrency = 1, keepAlive = true } = batch;
  const { code, stdout, stderr } = await netns.run('curl', [
    '--silent',
    '--show-error',
    ...(concurrency > 1 ? ['--parallel', '--parallel-immediate', '--parallel-max', String(concurrency)] : []),
    ...(method === 'HEAD' ? ['--head'] : ['--request', method]),
    ...(keepAlive ? [] : ['--header', 'Connection: close']),
    ...(batch.address === 'unix' ? ['--unix-socket', server.socket] : []),
    ...(batch.bodyBytes ? ['--data-binary', 'x'.repeat(batch.bodyBytes)] : []),
    '--output',
    '/dev/null',
    '--write-out',
    '%{http_code}\\n',
    `${origin(server, batch)}${pathPrefix(batch)}[1-${batch.count}]`,
  ]);
  const answered = stdout.split('\n').filter((line) => /^[2-5]\d\d$/.test(line)).length;
  if (code !== 0 || answered !== batch.count) {
    throw new Error(`curl ended with ${code}, ${answered} of ${batch.count} answered: ${stderr.slice(0, 500)}`);
  }
};

/** Exactly `count` requests, `depth` in each write (a divisor of `count`). Not over Unix sockets: wrk cannot. */
export const wrk =
  (depth = 1): Client =>
  async (netns, server, batch) => {
    const { concurrency = 1, keepAlive = true, count } = batch;
    const script = ['-s', program('exact.lua'), origin(server, batch), '--'];
    const args = [pathPrefix(batch), String(count), String(depth), keepAlive ? 'keep' : 'close'];
    const child = netns.spawn('wrk', ['-t1', `-c${concurrency}`, '-d20s', ...script, ...args]);
    const output = collect(child);
    const closed = once(child, 'close');
    await until(
      () => output.stdout().includes('all answered') || child.exitCode !== null,
      'all answers to wrk',
      25_000,
    );
    child.kill('SIGINT');
    await closed;
    const answered = Number(/(\d+) requests in/.exec(output.stdout())?.[1]);
    if (answered !== count || output.stdout().includes('Socket errors')) {
      throw new Error(`wrk: ${answered} of ${count} answered: ${output.stdout()}${output.stderr()}`);
    }
  };
