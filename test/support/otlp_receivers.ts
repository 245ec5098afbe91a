import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileExporter } from '../../src/exporters/file/file.ts';
import { type Signal, signals } from '../../src/pdata/pdata.ts';
import { type OtlpReceiverConfig, schema } from '../../src/receivers/otlp/config.ts';
import { createOtlpReceiver } from '../../src/receivers/otlp/otlp.ts';
import { validate } from '../../src/receivers/otlp/rules.ts';
import type { Component, NextConsumers } from '../../src/service/component.ts';
import { componentConfig } from './component_config.ts';
import { fileConfig } from './file_exporter.ts';
import { freePort } from './ports.ts';
import { type TestSettings, testSettings } from './settings.ts';
import { until } from './until.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** One request over its own connection. */
export async function send(port: number, request: Request): Promise<Answer> {
  const { method = 'POST', path = '/v1/traces', headers = {}, body = new Uint8Array(0) } = request;
  return new Promise((resolve, reject) => {
    const length = method === 'GET' || method === 'HEAD' ? {} : { 'content-length': String(body.length) };
    const outgoing = httpRequest({
      port,
      host: '127.0.0.1',
      method,
      path,
      agent: false,
      headers: { ...length, ...headers },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const type = (response.headers['content-type'] ?? '').split(';')[0] ?? '';
        resolve({ status: response.statusCode ?? 0, type, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    outgoing.end('content-length' in length ? body : undefined);
  });
}

/** A receiver of this process, made of YAML; throws what is wrong with it. */
export async function startReceiver(
  yaml: string,
  next: NextConsumers,
  settings: TestSettings = testSettings('otlp'),
): Promise<{
  readonly receiver: Component;
  readonly settings: TestSettings;
  readonly http: number;
  readonly grpc: number;
}> {
  const receiver = await createOtlpReceiver(settings, receiverConfig(yaml), next);
  await receiver.start();
  const port = (name: string): number => {
    const line = settings.lines.find(({ message }) => message === `Starting ${name} server`);
    const { endpoint = '' } = (line?.fields ?? {}) as { endpoint?: string };
    return Number(/:(\d+)$/.exec(endpoint)?.[1] ?? 0);
  };
  return { receiver, settings, http: port('HTTP'), grpc: port('GRPC') };
}

export function receiverConfig(yaml: string): OtlpReceiverConfig {
  const { config, messages } = componentConfig<OtlpReceiverConfig>(schema, yaml, validate);
  if (messages.length > 0) throw new Error(messages.join('\n'));
  return config;
}

/** Something that takes OTLP and writes files. */
export interface FileReceiver {
  readonly http: number;
  readonly grpc: number;
  /** All that was written for a signal. */
  written(signal: Signal): string[];
  stop(): Promise<void>;
}

const linesOf = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');

/** Sonde's receiver and file exporter. */
export async function ownFileReceiver(): Promise<FileReceiver> {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-matrix-'));
  const next: Partial<Record<Signal, FileExporter>> = {};
  for (const signal of signals) {
    const { config } = fileConfig(`{path: "${join(directory, signal)}", flush_interval: 20ms}`);
    const exporter = new FileExporter(testSettings('file'), config);
    await exporter.start();
    next[signal] = exporter;
  }
  const { receiver, http, grpc } = await startReceiver(
    'protocols: {grpc: {endpoint: 127.0.0.1:0}, http: {endpoint: 127.0.0.1:0}}',
    next,
  );
  return {
    http,
    grpc,
    written: (signal) => linesOf(join(directory, signal)),
    stop: async () => {
      await receiver.shutdown(performance.now() + 1000);
      for (const exporter of Object.values(next)) await exporter.shutdown();
      rmSync(directory, { recursive: true });
    },
  };
}

/** The reference Collector with the same configuration. */
export async function referenceFileReceiver(binary: string): Promise<FileReceiver> {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-reference-'));
  const [http, grpc] = [await freePort(), await freePort()];
  const config = [
    'receivers:',
    `  otlp: {protocols: {grpc: {endpoint: '127.0.0.1:${grpc}'}, http: {endpoint: '127.0.0.1:${http}'}}}`,
    'exporters:',
    ...signals.map((signal) => `  file/${signal}: {path: ${directory}/${signal}, flush_interval: 20ms}`),
    'service:',
    '  telemetry: {metrics: {level: none}}',
    '  pipelines:',
    ...signals.map((signal) => `    ${signal}: {receivers: [otlp], exporters: [file/${signal}]}`),
  ];
  writeFileSync(join(directory, 'config.yaml'), config.join('\n'));
  const args = ['--config', join(directory, 'config.yaml'), '--feature-gates=service.profilesSupport'];
  const child: ChildProcess = spawn(binary, args, { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    const gone = new Promise((done) => child.once('exit', done));
    if (child.exitCode === null && child.kill('SIGTERM')) await gone;
    rmSync(directory, { recursive: true });
  };
  try {
    await until(
      async () =>
        send(http, { path: '/' }).then(
          () => true,
          () => false,
        ),
      'the Collector',
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { http, grpc, written: (signal) => linesOf(join(directory, signal)), stop };
}
