import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { encodeMessage } from '../../src/pdata/otlp/encode.ts';
import { toJson } from '../../src/pdata/otlp/to_json.ts';
import { grpcMethods } from '../../src/transport/signals.ts';
import { call } from '../support/grpc_client.ts';
import { GrpcSink } from '../support/grpc_sink.ts';
import { send } from '../support/otlp_receivers.ts';
import { samples } from '../support/otlp_samples.ts';
import { OtlpSink } from '../support/otlp_sink.ts';
import { freePort } from '../support/ports.ts';
import { until } from '../support/until.ts';

const GATE = '--feature-gates=service.profilesSupport';
const bytes = encodeMessage('ExportProfilesServiceRequest', samples.profiles);
const json = Buffer.from(toJson('ExportProfilesServiceRequest', bytes)).toString();

test('without the gate a pipeline of profiles is refused', () => {
  const yaml = `yaml:
receivers: {otlp: {protocols: {http: }}}
exporters: {debug: }
service: {pipelines: {profiles: {receivers: [otlp], exporters: [debug]}}}`;
  const { status, stderr } = spawnSync('bin/sonde', ['validate', '--config', yaml], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('gated under the "service.profilesSupport" feature gate');
  expect(spawnSync('bin/sonde', ['validate', '--config', yaml, GATE]).status).toBe(0);
});

test('profiles go from otlp, over HTTP and gRPC, to every exporter', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-profiles-'));
  const [http, grpc] = [new OtlpSink(), new GrpcSink()];
  const [url, target, httpPort, grpcPort] = [
    await http.listen(),
    await grpc.listen(),
    await freePort(),
    await freePort(),
  ];
  const config = `yaml:
receivers:
  otlp: {protocols: {http: {endpoint: '127.0.0.1:${httpPort}'}, grpc: {endpoint: '127.0.0.1:${grpcPort}'}}}
processors: {resource: {attributes: [{key: added, value: here, action: insert}]}}
connectors: {forward: }
exporters:
  otlp_http: {endpoint: '${url}', compression: zstd, sending_queue: {batch: {min_size: 1000, flush_timeout: 50ms}}}
  otlp_grpc: {endpoint: '${target}', tls: {insecure: true}}
  file: {path: '${directory}/profiles.json', flush_interval: 50ms}
  debug: {verbosity: detailed, use_internal_logger: false, output_paths: [stdout]}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    profiles: {receivers: [otlp], exporters: [otlp_http, otlp_grpc, file, forward]}
    profiles/printed: {receivers: [forward], processors: [resource], exporters: [debug]}
`;
  const child = spawn('bin/sonde', ['--config', config, GATE], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  try {
    const up = async (): Promise<boolean> =>
      send(httpPort, { path: '/' }).then(
        () => true,
        () => false,
      );
    await until(up, 'the receiver');
    const path = '/v1development/profiles';
    const protobuf = await send(httpPort, { path, headers: { 'content-type': 'application/x-protobuf' }, body: bytes });
    expect(protobuf.status).toBe(200);
    const text = await send(httpPort, {
      path,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(json),
    });
    expect(text.status).toBe(200);
    expect(await call(`127.0.0.1:${grpcPort}`, grpcMethods.profiles, bytes)).toMatchObject({ code: 0 });

    const file = join(directory, 'profiles.json');
    await until(() => http.received.length === 3 && grpc.received.length === 3, 'the exporters');
    await until(() => existsSync(file) && readFileSync(file, 'utf8').split('\n').length === 4, 'the file');
    // Each has its own dictionary: they are not joined.
    for (const { path: to, body } of http.received) {
      expect(to).toBe(path);
      expect(Buffer.from(toJson('ExportProfilesServiceRequest', body)).toString()).toBe(json);
    }
    for (const { signal, body } of grpc.received) {
      expect(signal).toBe('profiles');
      expect(Buffer.from(toJson('ExportProfilesServiceRequest', body)).toString()).toBe(json);
    }
    expect(readFileSync(file, 'utf8')).toBe(`${json}\n`.repeat(3));
    await until(() => printed.split('added: Str(here)').length === 4, 'the text');
    expect(printed).toContain('Profile ID     : ');
  } finally {
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await gone;
    await http.close();
    grpc.close();
    rmSync(directory, { recursive: true });
  }
});
