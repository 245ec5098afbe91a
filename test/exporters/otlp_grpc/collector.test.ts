import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type OtlpGrpcConfig, schema } from '../../../src/exporters/otlp_grpc/config.ts';
import { createOtlpGrpc } from '../../../src/exporters/otlp_grpc/otlp_grpc.ts';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { requestOf } from '../../../src/pdata/otlp/schema.ts';
import { toJson } from '../../../src/pdata/otlp/to_json.ts';
import { Batch, signals } from '../../../src/pdata/pdata.ts';
import { componentConfig } from '../../support/component_config.ts';
import { gatedGroup } from '../../support/gated.ts';
import { otelcolBinary, otelcolMissing } from '../../support/otelcol.ts';
import { type FileReceiver, referenceFileReceiver } from '../../support/otlp_receivers.ts';
import { samples } from '../../support/otlp_samples.ts';
import { testSettings } from '../../support/settings.ts';
import { until } from '../../support/until.ts';

gatedGroup(otelcolMissing)('to the Collector', () => {
  let collector: FileReceiver;
  beforeAll(async () => {
    collector = await referenceFileReceiver(otelcolBinary);
  });
  afterAll(async () => collector.stop());

  test.each(
    signals.flatMap((signal) =>
      ['none', 'gzip', 'zstd', 'snappy'].map((compression) => [signal, compression] as const),
    ),
  )('%s, compression %s: all of it arrives', async (signal, compression) => {
    const yaml = `{endpoint: "127.0.0.1:${collector.grpc}", compression: ${compression}, tls: {insecure: true}, sending_queue: {enabled: false}}`;
    const { config } = componentConfig<OtlpGrpcConfig>(schema, yaml);
    const exporter = await createOtlpGrpc(testSettings('otlp_grpc'), config, signal);
    await exporter.start();
    const bytes = encodeMessage(requestOf[signal], samples[signal]);
    const before = collector.written(signal).length;
    await exporter.consume(new Batch(signal, [bytes], 1));
    await until(() => collector.written(signal).length > before, 'the line');
    await exporter.shutdown(performance.now() + 1000);
    expect(collector.written(signal).at(-1)).toBe(Buffer.from(toJson(requestOf[signal], bytes)).toString());
  });
});
