import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Signal } from '../../src/pdata/pdata.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

export interface ProcessorCase {
  readonly processor: string;
  readonly config: string;
  readonly signals: readonly Signal[];
}

/** What the reference Collector's processors make of requests: one line for each case and signal, by `<case> <signal>`. */
export async function collectorLines(
  binary: string,
  cases: readonly ProcessorCase[],
  requests: ReadonlyMap<Signal, Uint8Array>,
): Promise<Map<string, string>> {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-otelcol-'));
  const port = await freePort();
  const outputs = cases.flatMap(({ signals }, i) => signals.map((signal) => ({ i, signal, name: `${i}-${signal}` })));
  const config = [
    `receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:${port}'}}}}`,
    'processors:',
    ...cases.map(({ processor, config: yaml }, i) => `  ${processor}/${i}: ${yaml}`),
    'exporters:',
    ...outputs.map(({ name }) => `  file/${name}: {path: ${directory}/${name}, flush_interval: 50ms}`),
    'service:',
    '  telemetry: {metrics: {level: none}}',
    '  pipelines:',
    ...outputs.map(
      ({ i, signal, name }) =>
        `    ${signal}/${i}: {receivers: [otlp], processors: [${cases[i]?.processor}/${i}], exporters: [file/${name}]}`,
    ),
  ];
  writeFileSync(join(directory, 'config.yaml'), config.join('\n'));
  const child = spawn(binary, ['--config', join(directory, 'config.yaml')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said += String(text);
  });
  const exited = new Promise((done) => child.once('exit', done));
  try {
    await until(() => said.includes('Everything is ready') || child.exitCode !== null, 'the Collector');
    for (const [signal, body] of requests) {
      const headers = { 'content-type': 'application/x-protobuf' };
      const response = await fetch(`http://127.0.0.1:${port}/v1/${signal}`, { method: 'POST', headers, body });
      if (response.status !== 200) throw new Error(await response.text());
    }
    const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
    await until(() => outputs.every(({ name }) => read(name).endsWith('\n')), 'the lines of the Collector');
    return new Map(outputs.map(({ i, signal, name }) => [`${i} ${signal}`, read(name).trimEnd()]));
  } catch (error) {
    throw new Error(`${String(error)}\n${said.slice(-2000)}`);
  } finally {
    if (child.exitCode === null && child.kill('SIGTERM')) await exited;
    rmSync(directory, { recursive: true });
  }
}
