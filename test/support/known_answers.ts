import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, mariadb, PASSWORD, POSTGRESQL, postgresql, redis } from './databases.ts';
import { nginxHttp2 } from './http2_servers.ts';
import type { Netns } from './netns.ts';
import type { Span } from './otlp.ts';
import { program } from './paths.ts';
import { nginx } from './servers.ts';

/** A protocol with a server, a client of which each operation tells its answer, and how to see whether a span is right. */
export interface KnownAnswers {
  readonly protocol: string;
  /** Most operations in one operation of a socket. */
  readonly together: number;
  /** Messages refer to what was in earlier ones: of those after a loss, some attributes stay unknown. */
  readonly remembers?: boolean;
  start(netns: Netns): Promise<{ clean(): void }>;
  readonly client: readonly [command: string, ...args: string[]];
  /** What a span says that is to be in `right`. Of a part that is not known: undefined. */
  said(span: Span): readonly unknown[];
  readonly right: readonly (readonly unknown[])[];
}

const ITEMS = 'SELECT id FROM';
const TABLES =
  'CREATE TABLE one(id int); CREATE TABLE two(id int); INSERT INTO one VALUES (1); INSERT INTO two VALUES (1), (2)';

const python = (protocol: string) => ['/usr/bin/python3', program('known_answers.py'), protocol] as const;
const cleaning = ({ directory }: Database) => ({
  clean: (): void => rmSync(directory, { recursive: true, force: true }),
});

const http = {
  said: ({ attributes }: Span): readonly unknown[] => [
    /^[/](items|missing|other)[/][0-9]+$/.exec(
      String(attributes['url.path'] ?? /[/][^/]+[/]\d+$/.exec(String(attributes['url.full']))?.[0]),
    )?.[1],
    attributes['http.response.status_code'],
  ],
  right: [
    ['items', 200],
    ['missing', 404],
    ['other', 200],
  ],
};

const sql = {
  said: ({ name, attributes }: Span): readonly unknown[] => [
    name,
    attributes['db.query.text'],
    attributes['db.response.status_code'],
    attributes['db.response.returned_rows'],
  ],
  right: (missing: string): readonly (readonly unknown[])[] => [
    ['SELECT one', `${ITEMS} one`, undefined, 1],
    ['SELECT two', `${ITEMS} two`, undefined, 2],
    ['SELECT missing', `${ITEMS} missing`, missing, undefined],
  ],
};

export const knownAnswers: readonly KnownAnswers[] = [
  {
    protocol: 'HTTP/1',
    together: 1,
    async start(netns) {
      const server = await nginx(netns, { log: false });
      return { clean: () => void server.stop() };
    },
    client: [...python('http1')],
    ...http,
  },
  {
    protocol: 'HTTP/2',
    together: 10,
    remembers: true,
    async start(netns) {
      const server = await nginxHttp2(netns);
      return { clean: () => void server.stop() };
    },
    client: [process.execPath, program('known_answers_http2.mjs')],
    ...http,
  },
  {
    protocol: 'Redis',
    together: 5,
    async start(netns) {
      const database = await redis(netns);
      await database.run('redis-cli', 'set', 'text', 'hello');
      return cleaning(database);
    },
    client: [...python('redis')],
    said: ({ name, attributes }) => [name, attributes['db.query.text'], attributes['db.response.status_code']],
    right: [
      ['GET', 'GET ?', undefined],
      ['LPUSH', 'LPUSH ? ?', 'WRONGTYPE'],
      ['STRLEN', 'STRLEN ?', undefined],
    ],
  },
  {
    protocol: 'PostgreSQL',
    together: 1,
    async start(netns) {
      const database = await postgresql(netns);
      const psql = [`${POSTGRESQL}/psql`, '-X', '-q', '-h', database.directory, '-U', 'postgres'] as const;
      await database.run(...psql, '-c', `ALTER USER postgres PASSWORD '${PASSWORD}'; ${TABLES}`);
      return cleaning(database);
    },
    client: [...python('postgresql')],
    said: sql.said,
    right: sql.right('42P01'),
  },
  {
    protocol: 'MySQL',
    together: 1,
    async start(netns) {
      const database = await mariadb(netns);
      const root = ['--no-defaults', '-S', join(database.directory, 'mysql.sock'), '-u', 'root', '-e'];
      const user = `CREATE USER me@127.0.0.1 IDENTIFIED BY '${PASSWORD}'; GRANT ALL ON *.* TO me@127.0.0.1`;
      await database.run('mariadb', ...root, `CREATE DATABASE shop; ${user}; USE shop; ${TABLES}`);
      return cleaning(database);
    },
    client: [...python('mysql')],
    said: sql.said,
    right: sql.right('1146'),
  },
];

/** Arguments of the client behind the count. */
export const clientArgs = ({ protocol, client }: KnownAnswers, count: number, file?: string): string[] => {
  const [, ...args] = client;
  const password = protocol === 'HTTP/2' ? [] : [PASSWORD];
  return [...args, `${count}`, ...password, ...(file === undefined ? [] : [file])];
};
