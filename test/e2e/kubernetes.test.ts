import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SHUTDOWN } from '../../src/cli/usage.ts';
import { nodeClient } from '../support/clients.ts';
import { sidecarManifest } from '../support/manifest.ts';
import { collect, Netns } from '../support/netns.ts';
import { type Span, spansOf } from '../support/otlp.ts';
import { program, repository } from '../support/paths.ts';
import { nginx, type Server } from '../support/servers.ts';
import { until } from '../support/until.ts';

/** What the manifest is changed by here: to files in place of a Collector. */
const TO_FILE =
  'yaml:{exporters: {file: {path: /out/spans.jsonl, flush_interval: 100ms}}, service: {pipelines: {traces: {exporters: [file]}, metrics: {exporters: [file]}}}}';

const { config, container, graceSeconds } = sidecarManifest();
const { capabilities, runAsUser, allowPrivilegeEscalation, readOnlyRootFilesystem } = container.securityContext;

let netns: Netns;
let server: Server;
let directory: string;
beforeEach(async () => {
  netns = new Netns();
  server = await nginx(netns);
  directory = mkdtempSync(join(tmpdir(), 'sonde-pod-'));
  for (const part of ['etc', 'out']) mkdirSync(join(directory, part));
  writeFileSync(join(directory, 'etc', 'config.yaml'), config);
});
afterEach(async () => {
  await server.stop();
  await netns.delete();
  rmSync(directory, { recursive: true, force: true });
});

/** Sonde as the manifest has it: its arguments, variables, user and exactly these capabilities. */
function run(added: readonly string[], ...args: readonly string[]): ChildProcess {
  const names = added.map((name) => `,+${name.toLowerCase()}`).join('');
  const env = Object.fromEntries(container.env.map(({ name }) => [name, `test-${name.toLowerCase()}`]));
  return netns.spawn(
    'unshare',
    [
      ...['--mount', '--pid', '--fork', program('container.sh')],
      ...[repository, join(directory, 'etc'), join(directory, 'out')],
      ...[
        'setpriv',
        `--bounding-set=-all${names}`,
        '--inh-caps=-all',
        ...(allowPrivilegeEscalation ? [] : ['--no-new-privs']),
      ],
      ...['/opt/sonde/bin/sonde', ...container.args, ...args],
    ],
    {
      env: {
        ...env,
        POD_IP: '127.0.0.1',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
        NODE_EXTRA_CA_CERTS: '',
      },
    },
  );
}

/** The program in the container: `unshare` waits for it and ends as it does. */
function inside(child: ChildProcess): number {
  return Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim());
}

async function answers(probe: {
  readonly httpGet: { readonly path: string; readonly port: string };
}): Promise<boolean> {
  const { path, port } = probe.httpGet;
  const number = container.ports.find(({ name }) => name === port)?.containerPort;
  const { code } = await netns.run('curl', ['-sf', '-o', '/dev/null', `http://127.0.0.1:${number}${path}`]);
  return code === 0;
}

/** Fails at once when the container has ended. */
async function during(
  child: ChildProcess,
  output: { stderr(): string },
  what: string,
  done: () => boolean | Promise<boolean>,
): Promise<void> {
  await until(async () => child.exitCode !== null || (await done()), what);
  if (child.exitCode !== null) throw new Error(`the container ended with ${child.exitCode}:\n${output.stderr()}`);
}

function spans(): Span[] {
  const path = join(directory, 'out', 'spans.jsonl');
  return existsSync(path) ? spansOf(readFileSync(path, 'utf8')) : [];
}

test('the pod waits longer than Sonde takes to hand over what it has', () => {
  const [, seconds] = /^(\d+)s$/.exec(SHUTDOWN) ?? [];
  expect(graceSeconds).toBeGreaterThan(Number(seconds));
});

test('the sidecar of the manifest works with what it asks for, and no more', async () => {
  expect({ runAsUser, drop: capabilities.drop, readOnlyRootFilesystem }).toEqual({
    runAsUser: 0,
    drop: ['ALL'],
    readOnlyRootFilesystem: true,
  });
  const sonde = run(capabilities.add, '--config', TO_FILE);
  const output = collect(sonde);
  const exit = once(sonde, 'close');
  await during(sonde, output, 'the startup probe', () => answers(container.startupProbe));
  expect(await answers(container.readinessProbe)).toBe(true);
  expect(await answers(container.livenessProbe)).toBe(true);
  await during(sonde, output, 'the programs', () => output.stderr().includes('eBPF programs are attached'));
  await nodeClient(netns, server, { name: 'pod', count: 20 });
  await during(sonde, output, '40 spans', () => spans().length >= 40);
  expect(spans()[0]?.resource).toMatchObject({
    'k8s.pod.name': 'test-pod_name',
    'k8s.namespace.name': 'test-pod_namespace',
    'k8s.node.name': 'test-node_name',
  });
  const { stdout: metrics } = await netns.run('curl', ['-s', 'http://127.0.0.1:8888/metrics']);
  expect(metrics).toContain('otelcol_process_uptime');
  process.kill(inside(sonde), 'SIGTERM');
  expect(await exit).toEqual([0, null]);
  expect(output.stderr()).not.toMatch(/\terror\t/);
});

test.each(capabilities.add.map((name) => [name]))(
  'without %s it says what is missing, and the pod goes on',
  async (name) => {
    const sonde = run(capabilities.add.filter((each) => each !== name));
    const output = collect(sonde);
    const exit = once(sonde, 'close');
    const message = new RegExp(`not held: CAP_${name}\\b.*grant CAP_BPF and CAP_PERFMON.*required: false`);
    // On a busy machine the kernel's refusal may come after Sonde is ready.
    await during(sonde, output, `${message} on stderr`, () => message.test(output.stderr()));
    await during(sonde, output, 'the start', () => output.stderr().includes('Everything is ready'));
    expect(await answers(container.livenessProbe)).toBe(true);
    process.kill(inside(sonde), 'SIGTERM');
    expect(await exit).toEqual([0, null]);
  },
);
