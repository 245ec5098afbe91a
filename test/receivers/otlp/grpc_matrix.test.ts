import * as grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { requestOf } from '../../../src/pdata/otlp/schema.ts';
import { type Signal, signals } from '../../../src/pdata/pdata.ts';
import { grpcMethods } from '../../../src/transport/signals.ts';
import { gatedGroup } from '../../support/gated.ts';
import { call } from '../../support/grpc_client.ts';
import { otelcolBinary, otelcolMissing } from '../../support/otelcol.ts';
import { type FileReceiver, ownFileReceiver, referenceFileReceiver } from '../../support/otlp_receivers.ts';
import { samples } from '../../support/otlp_samples.ts';
import { until } from '../../support/until.ts';
import { sentinel } from './sentinel.ts';

const bytesOf = (signal: Signal): Uint8Array => encodeMessage(requestOf[signal], samples[signal]);
const gzip = { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip };
const deflate = { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.deflate };

interface Case {
  readonly name: string;
  readonly signal: Signal;
  readonly body: Uint8Array;
  readonly method?: string;
  readonly options?: grpc.ClientOptions;
  /** Where Sonde's code differs on purpose: the README has the reasons. */
  readonly meant?: number;
}

const MIB4 = 4 * 1024 * 1024;
/** Field 15 of the request, which is unknown. */
function large(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const field = length - 5;
  bytes.set([15 * 8 + 2, (field & 127) | 128, ((field >> 7) & 127) | 128, ((field >> 14) & 127) | 128, field >> 21]);
  return bytes;
}

const cases: readonly Case[] = [
  ...signals.flatMap((signal): Case[] => [
    { name: `${signal}`, signal, body: bytesOf(signal) },
    { name: `${signal}, gzip`, signal, body: bytesOf(signal), options: gzip },
    { name: `${signal}, empty`, signal, body: new Uint8Array(0) },
    { name: `${signal}, cut off`, signal, body: bytesOf(signal).subarray(0, -1), meant: grpc.status.INVALID_ARGUMENT },
  ]),
  { name: 'unknown method', signal: 'traces', body: bytesOf('traces'), method: `${grpcMethods.traces}2` },
  { name: 'unknown service', signal: 'traces', body: bytesOf('traces'), method: '/a.B/Export' },
  { name: 'as large as can be', signal: 'traces', body: large(MIB4) },
  { name: 'one byte too large', signal: 'traces', body: large(MIB4 + 1) },
  { name: 'one byte too large, gzip', signal: 'traces', body: large(MIB4 + 1), options: gzip },
  { name: 'a bomb', signal: 'traces', body: new Uint8Array(200_000_000), options: gzip },
  { name: 'deflate', signal: 'traces', body: bytesOf('traces'), options: deflate, meant: grpc.status.OK },
];

gatedGroup(otelcolMissing)('gRPC: the same to the Collector and to Sonde', () => {
  let reference: FileReceiver;
  let own: FileReceiver;
  let sent = 4_200_000_000;
  beforeAll(async () => {
    [reference, own] = await Promise.all([referenceFileReceiver(otelcolBinary), ownFileReceiver()]);
  });
  afterAll(async () => {
    await Promise.all([reference.stop(), own.stop()]);
  });

  test.each(cases)('$name', async ({ signal, body, method = grpcMethods[signal], options = {}, meant }) => {
    const before = { reference: reference.written(signal).length, own: own.written(signal).length };
    const theirs = await call(`127.0.0.1:${reference.grpc}`, method, body, options);
    const ours = await call(`127.0.0.1:${own.grpc}`, method, body, options);
    expect(ours.code).toBe(meant ?? theirs.code);
    if (meant !== undefined) expect(theirs.code).not.toBe(meant);
    const last = sentinel(signal, ++sent);
    await call(`127.0.0.1:${reference.grpc}`, grpcMethods[signal], last);
    await call(`127.0.0.1:${own.grpc}`, grpcMethods[signal], last);
    const arrived = (each: FileReceiver): boolean => each.written(signal).at(-1)?.includes(String(sent)) === true;
    await until(() => arrived(own) && arrived(reference), 'both to write');
    if (meant !== undefined) return;
    expect(own.written(signal).slice(before.own)).toEqual(reference.written(signal).slice(before.reference));
  });
});
