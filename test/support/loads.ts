import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, mariadb, PASSWORD, POSTGRESQL, postgresql, redis } from './databases.ts';
import { nginxHttp2 } from './http2_servers.ts';
import type { Netns } from './netns.ts';
import { nginx } from './servers.ts';
import { until } from './until.ts';

export interface Counts {
  readonly server: number;
  readonly client: number;
}

/** A server and a client that loads it as fast as both can. */
export interface Load {
  /** Names of the spans at the two ends. */
  readonly server: string;
  readonly client: string;
  /** Runs it; resolves with the number of operations that the client counts, or each end. */
  run(): Promise<Counts>;
  /** When nothing of it runs any more. */
  clean(): void;
}

export interface DatabaseLoad extends Load {
  /** Of the server. */
  readonly pid: number;
}

export type StartLoad = (netns: Netns) => Promise<Load>;
export type StartDatabaseLoad = (netns: Netns) => Promise<DatabaseLoad>;

async function counted(netns: Netns, pattern: RegExp, command: string, args: readonly string[]): Promise<Counts> {
  const { code, stdout, stderr } = await netns.run(command, args);
  const count = Number(pattern.exec(stdout)?.[1]);
  if (code !== 0 || !(count > 0)) throw new Error(`${command} ended with ${code}: ${stdout}${stderr}`);
  return { server: count, client: count };
}

const HTTP = { server: 'GET /items/{id}', client: 'GET' };
const URL = 'http://127.0.0.1:8080/items/1';

/** Whether a process of the namespace still has its end of a connection to this port: ESTABLISHED or CLOSE_WAIT. */
function isConnected(pid: number, port: number): boolean {
  const local = port.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`^ *\\d+: [0-9A-F]{8}:${local} \\S+ (?:01|08) `, 'm').test(
    readFileSync(`/proc/${pid}/net/tcp`, 'utf8'),
  );
}

/** wrk goes away when its time is over: what is unanswered then ends as `client_closed` and is not counted. */
export const wrk: StartLoad = async (netns) => {
  const server = await nginx(netns);
  return {
    ...HTTP,
    async run() {
      const { client } = await counted(netns, /(\d+) requests in/, 'wrk', ['-t1', '-c32', '-d1s', URL]);
      // The last lines are written when nginx sees that wrk is gone, before it closes the connection.
      await until(() => !isConnected(server.pid, server.port), 'nginx to close the connections');
      return { client, server: server.log().filter(({ status }) => status === 200).length };
    },
    clean: () => void server.stop(),
  };
};

/** 100 streams at once on each of 4 connections. */
export const h2load =
  (count: number): StartLoad =>
  async (netns) => {
    const server = await nginxHttp2(netns);
    return {
      ...HTTP,
      run: () => counted(netns, /(\d+) succeeded, 0 failed/, 'h2load', [`-n${count}`, '-c4', '-m100', URL]),
      clean: () => void server.stop(),
    };
  };

const cleaning = (database: Database) => (): void => rmSync(database.directory, { recursive: true, force: true });

/** Pipelines of 16. */
export const redisBenchmark =
  (count: number): StartDatabaseLoad =>
  async (netns) => {
    const database = await redis(netns);
    return {
      pid: database.pid,
      server: 'GET',
      client: 'GET',
      async run() {
        await database.run('redis-benchmark', '-q', '-P', '16', '-c', '5', '-n', `${count}`, '-t', 'get');
        return { server: count, client: count };
      },
      clean: cleaning(database),
    };
  };

export const pgbench =
  (mode: 'simple' | 'extended' | 'prepared', transactions: number): StartDatabaseLoad =>
  async (netns) => {
    const database = await postgresql(netns);
    const { directory } = database;
    const psql = [`${POSTGRESQL}/psql`, '-X', '-q', '-h', directory, '-U', 'postgres'] as const;
    await database.run(...psql, '-c', `ALTER USER postgres PASSWORD '${PASSWORD}'`, '-c', 'CREATE TABLE items(id int)');
    const script = join(directory, 'bench.sql');
    writeFileSync(script, 'SELECT abs(id) FROM items WHERE id = :client_id;\n');
    const login = [`PGPASSWORD=${PASSWORD}`, `${POSTGRESQL}/pgbench`, '-h', '127.0.0.1', '-U', 'postgres'];
    const work = ['-n', '-c', '4', '-t', `${transactions / 4}`, '-M', mode, '-f', script, 'postgres'];
    return {
      pid: database.pid,
      server: 'SELECT items',
      client: 'SELECT items',
      run: () => counted(netns, /actually processed: (\d+)/, 'env', [...login, ...work]),
      clean: cleaning(database),
    };
  };

/** mysqlslap: text queries on 4 connections. */
export const mysqlslap =
  (count: number): StartDatabaseLoad =>
  async (netns) => {
    const database = await mariadb(netns);
    const login = ['--no-defaults', '-h', '127.0.0.1', '-u', 'root'];
    await database.run(
      'mariadb',
      '--no-defaults',
      '-S',
      join(database.directory, 'mysql.sock'),
      '-u',
      'root',
      '-e',
      'CREATE DATABASE shop; CREATE TABLE shop.items(id int)',
    );
    const query = 'SELECT abs(id) FROM items WHERE id = 7';
    return {
      pid: database.pid,
      server: 'SELECT items',
      client: 'SELECT items',
      async run() {
        await database.run(
          'mariadb-slap',
          ...login,
          '--create-schema=shop',
          '--no-drop',
          `-q${query}`,
          '-c4',
          `--number-of-queries=${count}`,
        );
        return { server: count, client: count };
      },
      clean: cleaning(database),
    };
  };
