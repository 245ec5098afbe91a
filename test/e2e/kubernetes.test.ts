import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SHUTDOWN } from '../../src/cli/usage.ts';
import { nodeClient } from '../support/clients.ts';
import { Contained, containerFolders, deleteFolders, TO_FILE } from '../support/contained.ts';
import { sidecarManifest } from '../support/manifest.ts';
import { Netns } from '../support/netns.ts';
import { nginx, type Server } from '../support/servers.ts';

const { config, container, graceSeconds } = sidecarManifest();
const { capabilities, runAsUser, allowPrivilegeEscalation, readOnlyRootFilesystem } = container.securityContext;

let netns: Netns;
let server: Server;
let directory: string;
beforeEach(async () => {
  netns = new Netns();
  server = await nginx(netns);
  directory = containerFolders(config, runAsUser);
});
afterEach(async () => {
  await server.stop();
  await netns.delete();
  deleteFolders(directory);
});

/** Sonde as the manifest has it: its arguments, variables, user and exactly these capabilities. */
function run(added: readonly string[], ...args: readonly string[]): Contained {
  const env = Object.fromEntries(container.env.map(({ name }) => [name, `test-${name.toLowerCase()}`]));
  return new Contained(
    netns,
    directory,
    { uid: runAsUser, capabilities: added, ambient: false, mayGain: allowPrivilegeEscalation },
    ['/opt/sonde/bin/sonde', ...container.args, ...args],
    { ...env, POD_IP: '127.0.0.1', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' },
  );
}

async function answers(probe: {
  readonly httpGet: { readonly path: string; readonly port: string };
}): Promise<boolean> {
  const { path, port } = probe.httpGet;
  const number = container.ports.find(({ name }) => name === port)?.containerPort;
  const { code } = await netns.run('curl', ['-sf', '-o', '/dev/null', `http://127.0.0.1:${number}${path}`]);
  return code === 0;
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
  await sonde.until('the startup probe', () => answers(container.startupProbe));
  expect(await answers(container.readinessProbe)).toBe(true);
  expect(await answers(container.livenessProbe)).toBe(true);
  await sonde.until('the programs', () => sonde.stderr().includes('eBPF programs are attached'));
  await nodeClient(netns, server, { name: 'pod', count: 20 });
  await sonde.until('40 spans', () => sonde.spans().length >= 40);
  expect(sonde.spans()[0]?.resource).toMatchObject({
    'k8s.pod.name': 'test-pod_name',
    'k8s.namespace.name': 'test-pod_namespace',
    'k8s.node.name': 'test-node_name',
  });
  const { stdout: metrics } = await netns.run('curl', ['-s', 'http://127.0.0.1:8888/metrics']);
  expect(metrics).toContain('otelcol_process_uptime');
  expect(await sonde.terminate()).toEqual([0, null]);
  expect(sonde.stderr()).not.toMatch(/\terror\t/);
});

test.each(capabilities.add.map((name) => [name]))(
  'without %s it says what is missing, and the pod goes on',
  async (name) => {
    const sonde = run(capabilities.add.filter((each) => each !== name));
    const message = new RegExp(`not held: CAP_${name}\\b.*grant CAP_BPF and CAP_PERFMON.*required: false`);
    // On a busy machine the kernel's refusal may come after Sonde is ready.
    await sonde.until(`${message} on stderr`, () => message.test(sonde.stderr()));
    await sonde.until('the start', () => sonde.stderr().includes('Everything is ready'));
    expect(await answers(container.livenessProbe)).toBe(true);
    expect(await sonde.terminate()).toEqual([0, null]);
  },
);
