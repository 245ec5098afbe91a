import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, type Finished, type Netns } from './netns.ts';
import type { Point, Span } from './otlp.ts';
import { program } from './paths.ts';
import { Sonde, type SondeOptions } from './sonde.ts';
import { until } from './until.ts';

export interface Database {
  readonly pid: number;
  readonly port: number;
  readonly directory: string;
  /** Runs a client; throws unless it succeeds. */
  run(command: string, ...args: string[]): Promise<string>;
}

const idOf = (option: '-u' | '-g', user: string): number =>
  Number(execFileSync('id', [option, user], { encoding: 'utf8' }));

/** A directory that only the server's user needs. */
function directoryOf(user: string): string {
  const directory = mkdtempSync(join(tmpdir(), `sonde-${user}-`));
  chownSync(directory, idOf('-u', user), idOf('-g', user));
  return directory;
}

async function start(
  netns: Netns,
  directory: string,
  port: number,
  command: string,
  args: readonly string[],
): Promise<Database> {
  const child = netns.spawn(command, args);
  const output = collect(child);
  const pid = child.pid ?? 0;
  await netns.listening(pid, [port]).catch((error: unknown) => {
    throw new Error(`${command} did not start: ${String(error)}\n${output.stderr().slice(-2000)}`);
  });
  return {
    pid,
    port,
    directory,
    async run(client, ...clientArgs) {
      const result: Finished = await netns.run(client, clientArgs);
      if (result.code !== 0) throw new Error(`${client} ended with ${result.code}: ${result.stderr}${result.stdout}`);
      return result.stdout;
    },
  };
}

/** `extra`: further arguments of the server. */
export type StartDatabase = (netns: Netns, extra?: readonly string[]) => Promise<Database>;

export const redis: StartDatabase = (netns) => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-redis-'));
  return start(netns, directory, 6379, 'redis-server', [
    ...['--port', '6379', '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'no'],
    ...['--unixsocket', join(directory, 'redis.sock')],
  ]);
};

export const POSTGRESQL = '/usr/lib/postgresql/15/bin';

export const postgresql: StartDatabase = (netns, extra = []) => {
  const directory = directoryOf('postgres');
  const as = ['-u', 'postgres', '--'];
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, PASSWORD, { mode: 0o644 });
  const auth = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`];
  execFileSync('runuser', [...as, `${POSTGRESQL}/initdb`, '-D', data, ...auth, '-U', 'postgres', '--no-sync'], {
    stdio: 'ignore',
  });
  return start(netns, directory, 5432, 'runuser', [
    ...[...as, `${POSTGRESQL}/postgres`, '-D', data, '-p', '5432', '-k', directory],
    ...['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', 'autovacuum=off'],
    ...extra,
  ]);
};

/** What no output may have. */
export const PASSWORD = 'hunter2secret';

export const mariadb: StartDatabase = (netns, extra = []) => {
  const directory = directoryOf('mysql');
  const data = join(directory, 'data');
  execFileSync(
    'mariadb-install-db',
    ['--no-defaults', '--user=mysql', `--datadir=${data}`, '--auth-root-authentication-method=normal'],
    { stdio: 'ignore' },
  );
  return start(netns, directory, 3306, 'mariadbd', [
    ...['--no-defaults', '--user=mysql', `--datadir=${data}`, '--port=3306', '--bind-address=127.0.0.1'],
    ...[`--socket=${directory}/mysql.sock`, `--pid-file=${directory}/pid`, '--local-infile=1', '--skip-log-bin'],
    ...extra,
  ]);
};

export interface DatabaseScene {
  readonly netns: Netns;
  readonly database: Database;
  readonly sonde: Sonde;
}

/** A client that has connected, and goes on when it is told to. */
export async function earlyClient(netns: Netns, ...args: readonly string[]): Promise<() => Promise<void>> {
  const child = netns.spawn('/usr/bin/python3', [program('early_client.py'), ...args]);
  const output = collect(child);
  const closed = once(child, 'close') as Promise<[number | null]>;
  await until(() => output.stdout().includes('ready') || child.exitCode !== null, 'the client to be connected');
  return async () => {
    child.kill('SIGUSR1');
    const [code] = await closed;
    if (code !== 0) throw new Error(`the early client ended with ${code}: ${output.stderr()}`);
  };
}

/** A server, Sonde beside it, and what both ends were told of what the clients did. */
export async function withDatabase(
  netns: Netns,
  startDatabase: StartDatabase,
  work: (scene: DatabaseScene) => Promise<void>,
  options: SondeOptions = VERBOSE,
  before: (database: Database) => Promise<void> = async () => undefined,
): Promise<Sonde> {
  const database = await startDatabase(netns);
  await before(database);
  let sonde: Sonde | undefined;
  try {
    sonde = await Sonde.start(netns, options);
    await work({ netns, database, sonde });
    return sonde;
  } catch (error) {
    sonde?.clean();
    throw error;
  } finally {
    rmSync(database.directory, { recursive: true, force: true });
  }
}

/** With the debug exporter, at the log level debug: whatever Sonde may tell, it does. */
export const VERBOSE: SondeOptions = {
  exporters: '  debug: {verbosity: detailed, sampling_initial: 100000}',
  also: ['debug'],
  logLevel: 'debug',
};

/** What a scrape of Sonde's own metrics shows. */
async function ownMetrics(netns: Netns): Promise<string> {
  const { stdout } = await netns.run('curl', ['-sS', 'http://127.0.0.1:8888/metrics']);
  if (!stdout.includes('otelcol_')) throw new Error(`no metrics: ${stdout}`);
  return stdout;
}

/** A connection that no decoder follows has metrics only. */
const TOLD = ['emitted', 'metrics_only'];

/** What the tap lost or gave up: messages that became no spans, and rejects. */
export const lost = (points: readonly Point[]): readonly string[] =>
  points
    .filter(({ metric, attributes, value = 0 }) => {
      const message = metric === 'sonde.tap.messages' && !TOLD.includes(String(attributes['outcome']));
      return value > 0 && (message || metric.includes('reject'));
    })
    .map(({ metric, attributes, value }) => `${metric} ${Object.values(attributes).join(' ')} ${value}`);

/** Names of spans with their number, of one end. */
export function tally(spans: readonly Span[], kind: Span['kind']): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const span of spans) if (span.kind === kind) counts[span.name] = (counts[span.name] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Waits until no more spans come. */
export async function settled(sonde: Sonde): Promise<void> {
  let last = -1;
  let since = performance.now();
  await until(
    () => {
      const { length } = sonde.spans();
      if (length !== last) since = performance.now();
      last = length;
      return performance.now() - since > 700;
    },
    'the last span',
    30_000,
  );
}

/** All that Sonde has told when no more comes, its own metrics too; it has ended then. */
export async function evidence({
  netns,
  sonde,
}: DatabaseScene): Promise<{ readonly told: string; readonly spans: Span[]; readonly points: Point[] }> {
  await settled(sonde);
  const own = await ownMetrics(netns);
  await sonde.stop();
  return { told: sonde.everything() + own, spans: sonde.spans(), points: sonde.points() };
}
