/**
 * The hot path next to what a user would otherwise run: spans encoded by Sonde's writer and by the OpenTelemetry SDK's
 * serializer, metric records, transcoding and counting.
 */
import { createRequire } from 'node:module';
import { countItems } from '../src/pdata/otlp/count.ts';
import { decodeMessage } from '../src/pdata/otlp/decode.ts';
import { toJson } from '../src/pdata/otlp/to_json.ts';
import { replaceResources } from '../src/pdata/otlp/view.ts';
import { createMetricAggregator } from '../src/tap/metric_aggregator.ts';
import { createSpanWriter } from '../src/tap/span_writer.ts';
import { AttributeKey, type AttributeValue } from '../src/wire/attribute.ts';
import type { Operation } from '../src/wire/operation.ts';
import { instance, operation, spanContext } from '../test/support/operations.ts';

const { ProtobufTraceSerializer } = createRequire(import.meta.url)('otlp-oracle');

/** Twelve attributes of an HTTP server span: seven strings, five integers. */
function values(i: number): Record<string, AttributeValue> {
  return {
    'http.request.method': 'GET',
    'url.path': `/users/${i % 1000}/orders`,
    'url.scheme': 'http',
    'http.route': '/users/{id}/orders',
    'http.response.status_code': 200,
    'server.address': 'shop.example.com',
    'server.port': 8080,
    'client.address': `10.0.0.${i % 250}`,
    'client.port': 30_000 + (i % 20_000),
    'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    'http.request.body.size': 0,
    'http.response.body.size': 12_345,
  };
}

const COUNT = 512;
const records = Array.from({ length: COUNT }, (_, i) => values(i));
const operations: Operation[] = records.map((record, i) =>
  operation({
    attributes: Object.entries(record).flatMap(([name, value]) => [AttributeKey.of(name), value]),
    metricValues: [i % 8 === 0 ? 'POST' : 'GET', `/r${i % 10}`, 200],
    measurements: [0.001 * (i % 50), 100],
  }),
);

/** Best of `rounds`, in nanoseconds per item: other work on the machine only ever adds. */
function measure(label: string, itemsPerRun: number, run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 12; round++) {
    const start = process.hrtime.bigint();
    let runs = 0;
    while (process.hrtime.bigint() - start < 60_000_000n) {
      run();
      runs++;
    }
    const each = Number(process.hrtime.bigint() - start) / (runs * itemsPerRun);
    if (each < best) best = each;
  }
  console.log(`${label.padEnd(44)} ${best.toFixed(0).padStart(7)} ns  ${(1e6 / best).toFixed(0).padStart(6)} k/s`);
  return best;
}

function sdkSpans(): object[] {
  const resource = { attributes: { 'service.name': 'bench' } };
  const instrumentationScope = { name: 'bench', version: '1' };
  const traceId = '0102030405060708090a0b0c0d0e0f10';
  return records.map((attributes) => ({
    name: 'GET /users/{id}',
    kind: 1,
    spanContext: () => ({ traceId, spanId: 'f0f1f2f3f4f5f6f7', traceFlags: 1 }),
    startTime: [1_700_000_000, 1],
    endTime: [1_700_000_000, 1_000_001],
    status: { code: 0 },
    attributes,
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource,
    instrumentationScope,
  }));
}

const writer = createSpanWriter({ version: '1', schemaUrl: 'https://opentelemetry.io/schemas/1.45.0' });
const into = new Uint8Array(256 * 1024);
const service = instance(1);
const context = spanContext({ parentSpanId: new Uint8Array(8).fill(3) });
const offset = [400_000_000, 1] as const;

const own = measure('span writer, add + flush', COUNT, () => {
  for (const one of operations) {
    if (!writer.add(service, one, context, offset)) throw new Error('full');
  }
  writer.flush(into);
});
const spans = sdkSpans();
const sdk = measure('SDK ProtobufTraceSerializer', COUNT, () => ProtobufTraceSerializer.serializeRequest(spans));
console.log(`span writer is ${(sdk / own).toFixed(1)} times as fast\n`);

const aggregator = createMetricAggregator({ version: '1', schemaUrl: '', start: [1, 0] });
measure('metric record, 2 histograms, 20 series', COUNT, () => {
  for (const one of operations) aggregator.record(service, one);
});
const { points } = aggregator.snapshot([2, 0]);
measure('metric snapshot, per point', points, () => aggregator.snapshot([2, 0]));

for (const one of operations) writer.add(service, one, context, offset);
const request = into.slice(0, writer.flush(into));
console.log(`\n${COUNT} spans are ${request.length} bytes`);
measure('count spans', COUNT, () => countItems('traces', request));
measure('replace the resource', COUNT, () => replaceResources(request, (resource) => resource));
measure('protobuf to JSON text', COUNT, () => toJson('ExportTraceServiceRequest', request));
measure('protobuf to objects', COUNT, () => decodeMessage('ExportTraceServiceRequest', request));
