/**
 * Runs in a throw-away VM, for scripts/test-kernels.sh: the whole program, from the sockets of real servers and clients to
 * OTLP in a file. Prints one JSON object; the exit status is 0 if each exchange is a span at both ends.
 */
import { existsSync } from 'node:fs';
import { Netns } from '../../support/netns.ts';
import type { Span } from '../../support/otlp.ts';
import { Sonde } from '../../support/sonde.ts';
import { until } from '../../support/until.ts';

/** The guest's CPUs are emulated. */
const TIMEOUT_MS = 120_000;
const HTTP_PORT = 8081;
const REDIS_PORT = 6390;

const call = `
import urllib.request
with urllib.request.urlopen('http://127.0.0.1:${HTTP_PORT}/bin/?q=1') as answer: answer.read()
`;

interface Exchange {
  readonly program: string;
  readonly server: readonly string[];
  readonly port: number;
  readonly client: readonly string[];
  readonly name: string;
  /** Of both spans. */
  readonly attributes: Readonly<Record<string, string | number>>;
}

const exchanges: readonly Exchange[] = [
  {
    program: '/usr/bin/python3',
    server: ['/usr/bin/python3', '-m', 'http.server', '--directory', '/usr', String(HTTP_PORT)],
    port: HTTP_PORT,
    client: ['/usr/bin/python3', '-c', call],
    name: 'HTTP',
    attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200, 'server.port': HTTP_PORT },
  },
  {
    program: '/usr/bin/redis-server',
    server: ['/usr/bin/redis-server', '--port', String(REDIS_PORT), '--save', ''],
    port: REDIS_PORT,
    client: ['/usr/bin/redis-cli', '-p', String(REDIS_PORT), 'SET', 'key', 'secret'],
    name: 'Redis',
    attributes: { 'db.system.name': 'redis', 'db.operation.name': 'SET', 'server.port': REDIS_PORT },
  },
];

const netns = new Netns();
const sonde = await Sonde.start(netns, { startMs: TIMEOUT_MS });
const problems: string[] = [];

function matches(span: Span, { attributes }: Exchange): boolean {
  return Object.entries(attributes).every(([key, value]) => span.attributes[key] === value);
}

async function run(exchange: Exchange): Promise<void> {
  const [command = '', ...args] = exchange.server;
  const server = netns.spawn(command, args);
  await netns.listening(server.pid ?? 0, [exchange.port], TIMEOUT_MS);
  const [program = '', ...given] = exchange.client;
  const { code, stderr } = await netns.run(program, given);
  if (code !== 0) problems.push(`${program} ended with ${code}: ${stderr}`);
  const ends = (): string[] => sonde.spans().flatMap((span) => (matches(span, exchange) ? [span.kind] : []));
  try {
    await until(() => ends().length >= 2, `two spans ${exchange.name}`, TIMEOUT_MS);
  } catch {
    // What came is told below.
  }
  if (ends().sort().join() !== 'client,server')
    problems.push(`${exchange.name}: spans of ${ends().join() || 'nobody'}`);
}

const present = exchanges.filter(({ program }) => existsSync(program));
for (const exchange of present) await run(exchange);
const { code, stderr } = await sonde.stop();
if (code !== 0) problems.push(`Sonde ended with ${code}: ${stderr}`);
await netns.delete();
process.stdout.write(`${JSON.stringify({ spans: present.map(({ name }) => name), problems })}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
