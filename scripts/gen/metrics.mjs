// What src/wire and src/tap/ledger.ts measure → docs/metrics.md. With --check: exits 1 if the page differs.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = `${root}docs/metrics.md`;

const entry = `
export { connectionBytes, connectionOperation } from './src/wire/connection_operation.ts';
export { DbMapping } from './src/wire/db.ts';
export { GrpcMapping } from './src/wire/grpc.ts';
export { httpDefinition } from './src/wire/http_metrics.ts';
export { ledgerPoints } from './src/tap/ledger.ts';
`;
const result = await build({
  stdin: { contents: entry, resolveDir: root, loader: 'ts' },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
});
const code = Buffer.from(result.outputFiles[0].contents).toString('base64');
const { connectionBytes, connectionOperation, DbMapping, GrpcMapping, httpDefinition, ledgerPoints } = await import(
  `data:text/javascript;base64,${code}`
);

const kinds = ['server', 'client'];
const endpoint = { address: '', port: 0 };
const ended = { protocol: '', tls: undefined, how: 'finished', start: 0, end: 0, sent: 0, received: 0 };
const contextOf = (kind) => ({
  kind,
  transport: 'tcp',
  networkType: undefined,
  local: endpoint,
  remote: endpoint,
  joined: false,
});
/** Of a connection both ends have the same metrics. */
const sections = {
  'HTTP/1, HTTP/2 (`sonde.http1`, `sonde.http2`)': kinds.map((kind) => httpDefinition('http1', kind)),
  'gRPC (`sonde.grpc`)': kinds.map((kind) => new GrpcMapping(1)[kind].definition),
  'Redis, PostgreSQL, MySQL (`sonde.redis`, `sonde.postgresql`, `sonde.mysql`)': kinds.map(
    (kind) => new DbMapping('redis', { query: 'drop' })[kind].definition,
  ),
  'Connections with TLS or of no known protocol (`sonde.connection`)': [
    connectionOperation(contextOf('server'), ended).definition,
    connectionBytes(contextOf('server'), ended, 'transmit', 0).definition,
  ],
};

const names = (keys) => keys.map((name) => `\`${name}\``).join(', ');

function applicationRows(definitions) {
  return definitions.flatMap(({ metrics, metricKeys }) =>
    metrics.map(({ name, unit, description, counter }) => {
      const type = counter ? 'counter' : 'histogram';
      return `| \`${name}\` | ${type}, ${unit} | ${description} | ${names(metricKeys.map((key) => key.name))} |`;
    }),
  );
}

/** A row per metric; the values of its attribute are those of its points. */
function tapRows() {
  const metrics = new Map();
  for (const { name, unit, kind, description, attributes } of ledgerPoints({
    'rejects.d.r': 0,
    'detection.verdict.v': 0,
  })) {
    const known = metrics.get(name) ?? { unit, kind, description, values: new Map() };
    for (const [key, value] of Object.entries(attributes))
      known.values.set(key, [...(known.values.get(key) ?? []), value]);
    metrics.set(name, known);
  }
  return [...metrics].map(([name, { unit, kind, description, values }]) => {
    const shown = [...values]
      .map(([key, known]) => `\`${key}\`${known.length > 1 ? `: ${known.join(', ')}` : ''}`)
      .join('; ');
    return `| \`${name}\` | ${kind === 'counter' ? 'counter' : 'level'}, ${unit} | ${description} | ${shown} |`;
  });
}

const text = `# Metrics

What Sonde sends about applications, and about itself. A Prometheus reader shows dots as underscores.

## Of applications

Every request and connection that was seen counts, whatever is sampled. They leave through the pipelines that have \`ebpf_socket\` as receiver, every
\`metrics.interval\`, on the resource of the observed process; the scope is in brackets. A series has only those attributes that are known; 2000 series per
process and metric at most, the rest is \`otel.metric.overflow=true\`.

${Object.entries(sections)
  .map(
    ([title, definitions]) =>
      `### ${title}\n\n| Metric | Type, unit | Meaning | Attributes |\n|---|---|---|---|\n${applicationRows(definitions).join('\n')}`,
  )
  .join('\n\n')}

## Of the tap: what was seen, dropped, and why

They leave through the same pipelines, on Sonde's own resource in the scope \`sonde.tap\`, and are served with the other own metrics (\`localhost:8888\`) as
\`sonde_tap_…\`. [How the sums close](../ARCHITECTURE.md#ledgers): nothing is lost that is not in one of these. Watch first:

| What | Look at |
|---|---|
| the kernel's ring was full: requests without a span | \`sonde.tap.operations{outcome="dropped"}\` |
| Sonde had no CPU left: spans given up, metrics whole | \`sonde.tap.messages{outcome="dropped_overload"}\` |
| the exporter is slower than the traffic | \`sonde.tap.messages{outcome="dropped_pipeline_full"}\`, \`otelcol_exporter_queue_size\` |
| the upstream refuses, or is down | \`otelcol_exporter_send_failed_spans\`, \`otelcol_exporter_enqueue_failed_spans\` |
| which protocols were found | \`sonde.tap.detection{verdict}\`: a decoder, \`unknown\`, or \`withdrawn\` (a guess that later bytes did not fit) |
| what a decoder could not read | \`sonde.tap.rejects{decoder,reason}\`, \`sonde.tap.gaps\` |

| Metric | Type, unit | Meaning | Attribute |
|---|---|---|---|
${tapRows().join('\n')}

## Of pipelines and the process

The Collector's, with its names, labels and levels: [service](../src/service/README.md#own-telemetry-servicetelemetry). Sonde's own:

| Metric | Type, unit | Meaning | Attributes |
|---|---|---|---|
| \`sonde.receiver.rejects\` | counter, {rejects} | Requests that the receiver \`otlp\` answered with an error, and connections that it ended. | \`transport\`: grpc, http; \`error.type\` |
| \`sonde.processor.batch.dropped\` | counter, {items} | Items that the processor \`batch\` dropped: the next component refused them for good, or they were left at the end of shutdown. | \`data_type\` |
| \`sonde.exporter.queue.unreadable\` | counter, {records} | Records of the persistent queue that were damaged and skipped. | |
| \`sonde.storage.size\` | level, By | Bytes of stored values in \`file_storage\`. | |

<!-- Written by scripts/gen/metrics.mjs from src/wire and src/tap/ledger.ts. -->
`;

if (process.argv.includes('--check')) {
  if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
    console.error('docs/metrics.md does not match src/wire and src/tap/ledger.ts: run node scripts/gen/metrics.mjs');
    process.exit(1);
  }
} else {
  mkdirSync(`${root}docs`, { recursive: true });
  writeFileSync(page, text);
}
