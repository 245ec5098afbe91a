import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { requestOf } from '../../../src/pdata/otlp/schema.ts';
import { toJson } from '../../../src/pdata/otlp/to_json.ts';
import { Batch, signals } from '../../../src/pdata/pdata.ts';
import { compressions } from '../../../src/transport/compression.ts';
import { gatedGroup } from '../../support/gated.ts';
import { otelcolBinary, otelcolMissing } from '../../support/otelcol.ts';
import { startOtlpHttp } from '../../support/otlp_http.ts';
import { type FileReceiver, referenceFileReceiver } from '../../support/otlp_receivers.ts';
import { samples } from '../../support/otlp_samples.ts';
import { testSettings } from '../../support/settings.ts';
import { until } from '../../support/until.ts';

const named = compressions.filter((name) => name !== '');

gatedGroup(otelcolMissing)('to the Collector', () => {
  let collector: FileReceiver;
  beforeAll(async () => {
    collector = await referenceFileReceiver(otelcolBinary);
  });
  afterAll(async () => collector.stop());

  async function arrives(yaml: string, batch: Batch): Promise<void> {
    const config = `{endpoint: "http://127.0.0.1:${collector.http}", sending_queue: {enabled: false}, retry_on_failure: {enabled: false}, ${yaml}}`;
    const exporter = await startOtlpHttp(testSettings('otlp_http'), config, batch.signal);
    const before = collector.written(batch.signal).length;
    await exporter.consume(batch);
    await until(() => collector.written(batch.signal).length > before, 'the line');
    await exporter.shutdown(performance.now() + 1000);
    const expected = Buffer.from(toJson(requestOf[batch.signal], batch.bytes())).toString();
    expect(collector.written(batch.signal).at(-1) === expected).toBe(true);
  }

  test.each(signals.flatMap((signal) => named.map((compression) => [signal, compression] as const)))(
    '%s, compression %s: all of it arrives',
    async (signal, compression) => {
      await arrives(
        `compression: ${compression}`,
        new Batch(signal, [encodeMessage(requestOf[signal], samples[signal])], 1),
      );
    },
  );

  // Several blocks of every format, some of which cannot be made smaller; above 128 KiB another thread compresses.
  const noise = Array.from({ length: 3000 }, (_, i) => ({
    name: i % 3 === 0 ? 'x'.repeat(200) : Math.sin(i).toString(36).repeat(8),
    traceId: new Uint8Array(16).fill(i % 251),
  }));
  const large = encodeMessage('ExportTraceServiceRequest', { resourceSpans: [{ scopeSpans: [{ spans: noise }] }] });

  test.each(named)('large, compression %s', async (compression) => {
    expect(large.length).toBeGreaterThan(300_000);
    await arrives(`compression: ${compression}`, new Batch('traces', [large], noise.length));
  });

  test.each([
    ['gzip', -2],
    ['gzip', -1],
    ['gzip', 9],
    ['zstd', -5],
    ['zstd', 22],
  ])('%s at level %d', async (compression, level) => {
    await arrives(
      `compression: ${compression}, compression_params: {level: ${level}}`,
      new Batch('traces', [large], noise.length),
    );
  });

  test('JSON in zstd', async () => {
    await arrives('encoding: json, compression: zstd', new Batch('traces', [large], noise.length));
  });
});
