import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { nodeClient } from '../support/clients.ts';
import { Netns } from '../support/netns.ts';
import { nginx } from '../support/servers.ts';
import { Sonde } from '../support/sonde.ts';
import { until } from '../support/until.ts';

interface Shape {
  readonly timeout?: string;
  readonly headers?: string;
  readonly processors?: string;
  readonly flush?: string;
}

const configuration = (
  directory: string,
  { timeout = '50ms', headers = '[]', processors = '[batch]', flush = '100ms' }: Shape,
): string => `receivers:
  ebpf_socket:
    http: {headers: {request: ${headers}}}
processors:
  batch: {timeout: ${timeout}}
exporters:
  file/traces: {path: ${directory}/traces.jsonl, flush_interval: ${flush}}
  file/metrics: {path: ${directory}/metrics.jsonl, flush_interval: 100ms}
service:
  pipelines:
    traces: {receivers: [ebpf_socket], processors: ${processors}, exporters: [file/traces]}
    metrics: {receivers: [ebpf_socket], exporters: [file/metrics]}
`;

test('reloads while requests go over one open connection: every request is a span once, and the connection stays known', async () => {
  const netns = new Netns();
  const directory = mkdtempSync(join(tmpdir(), 'sonde-reload-'));
  const file = join(directory, 'config.yaml');
  const write = (shape: Shape): void => writeFileSync(file, configuration(directory, shape));
  try {
    const server = await nginx(netns);
    write({});
    const sonde = await Sonde.startWith(netns, ['--config', file], directory);
    const logged = (text: string): number => sonde.stderr().split(text).length - 1;
    const batch = { name: 'reload', count: 100, path: '/slow/' };
    const client = nodeClient(netns, server, batch);
    const shapes: Shape[] = [
      { timeout: '300ms' },
      { processors: '[]' },
      { headers: '[x-a]' },
      { headers: '[x-a, x-b]', flush: '50ms' },
      { timeout: '20ms' },
    ];
    for (const [i, shape] of shapes.entries()) {
      await sleep(200);
      write(shape);
      // Every other one by the signal, without waiting for the file to be noticed.
      if (i % 2 === 0) process.kill(sonde.pid, 'SIGHUP');
      await until(() => logged('Config reloaded') > i, `reload ${i + 1}`);
    }
    // What is wrong changes nothing, and names the place.
    writeFileSync(file, configuration(directory, {}).replace('timeout:', 'tmieout:'));
    // A file that is looked at while it is written may be refused for another reason.
    const refused = /Config could not be reloaded.*config\.yaml:5:11: processors::batch: has invalid keys: tmieout/;
    await until(() => refused.test(sonde.stderr()), 'the refusal');
    await client;
    await sonde.waitForSpans(2 * batch.count, ({ attributes }) =>
      String(attributes['url.path']).startsWith('/reload/'),
    );
    const { code } = await sonde.stop();
    expect(code).toBe(0);
    const spans = sonde.spans().filter(({ attributes }) => String(attributes['url.path']).startsWith('/reload/'));
    expect(spans).toHaveLength(2 * batch.count);
    expect(spans.every(({ attributes }) => attributes['http.response.status_code'] === 200)).toBe(true);
    expect(logged('eBPF programs are attached')).toBeGreaterThanOrEqual(1);
    expect(sonde.stderr()).not.toContain('the kernel side is opened again');
    await server.stop();
    sonde.clean();
  } finally {
    await netns.delete();
  }
});
