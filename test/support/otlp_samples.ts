import type { OtlpObject } from '../../src/pdata/otlp/schema.ts';

/** One rich request per signal: every field of the schema at least once, zero values, extremes and what JSON must escape. */
const id16 = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);
const id8 = Uint8Array.from({ length: 8 }, (_, i) => i * 16 + 1);
const time = 1_763_700_000_123_456_789n;

const anyValues: OtlpObject<'AnyValue'>[] = [
  { stringValue: 'plain' },
  { stringValue: '' },
  { stringValue: 'quote " backslash \\ slash / tab \t newline \n return \r bell \u0007 del \u007f nul \u0000 <&>' },
  { stringValue: 'ünïcode 日本語 🚀 \u2028 \ufeff' },
  { boolValue: true },
  { boolValue: false },
  ...[0n, 1n, -1n, 999_999_999n, 1_000_000_000n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)].map((intValue) => ({
    intValue,
  })),
  ...[0, 0.1, -1.5, 1e21, 1e20, 123456789.125, 1e-6, 9.99e-7, 1.5e-10, 5e-324, 1.7976931348623157e308].map(
    (doubleValue) => ({ doubleValue }),
  ),
  ...[-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((doubleValue) => ({ doubleValue })),
  { bytesValue: Uint8Array.from([0, 1, 254, 255]) },
  { bytesValue: new Uint8Array(0) },
  { arrayValue: { values: [{ stringValue: 'a' }, {}, { arrayValue: {} }] } },
  { kvlistValue: { values: [{ key: 'k', value: { intValue: 5n } }, { key: 'empty' }] } },
  { kvlistValue: {} },
  {},
];

const attributes = anyValues.map((value, i) => ({ key: `key.${i}`, value }));
const few: OtlpObject<'KeyValue'>[] = [{ key: 'a', value: { stringValue: 'b' } }];

const resource: OtlpObject<'Resource'> = {
  attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }],
  droppedAttributesCount: 3,
  entityRefs: [{ schemaUrl: 'https://e', type: 'service', idKeys: ['service.name', ''], descriptionKeys: ['x'] }],
};
const scope: OtlpObject<'InstrumentationScope'> = {
  name: 'scope',
  version: '1.2.3',
  attributes: few,
  droppedAttributesCount: 1,
};
const schemaUrl = 'https://opentelemetry.io/schemas/1.45.0';

export const traces: OtlpObject<'ExportTraceServiceRequest'> = {
  resourceSpans: [
    {
      resource,
      schemaUrl,
      scopeSpans: [
        {
          scope,
          schemaUrl,
          spans: [
            {
              traceId: id16,
              spanId: id8,
              traceState: 'a=1,b=2',
              parentSpanId: id8.slice().reverse(),
              flags: 0x301,
              name: 'GET /',
              kind: 2,
              startTimeUnixNano: time,
              endTimeUnixNano: time + 1n,
              attributes,
              droppedAttributesCount: 4_294_967_295,
              events: [{ timeUnixNano: time, name: 'e', attributes: few, droppedAttributesCount: 2 }, {}],
              droppedEventsCount: 2,
              links: [
                { traceId: id16, spanId: id8, traceState: 't=1', attributes: few, droppedAttributesCount: 1, flags: 1 },
                {},
              ],
              droppedLinksCount: 3,
              status: { code: 2, message: 'no' },
            },
            { traceId: id16, spanId: id8, name: 'bare', startTimeUnixNano: 2n ** 64n - 1n, kind: 99 },
            { traceId: new Uint8Array(16), spanId: new Uint8Array(8) },
            {},
          ],
        },
        {},
      ],
    },
    {},
  ],
};

const exemplar: OtlpObject<'Exemplar'> = {
  filteredAttributes: few,
  timeUnixNano: time,
  asDouble: 0,
  traceId: id16,
  spanId: id8,
};
const common = { attributes: few, startTimeUnixNano: time, timeUnixNano: time + 9n, flags: 1 };

export const metrics: OtlpObject<'ExportMetricsServiceRequest'> = {
  resourceMetrics: [
    {
      resource,
      schemaUrl,
      scopeMetrics: [
        {
          scope,
          schemaUrl,
          metrics: [
            {
              name: 'gauge',
              description: 'd',
              unit: 'By',
              metadata: few,
              gauge: {
                dataPoints: [
                  { ...common, asInt: -5n, exemplars: [exemplar, { asInt: 7n }] },
                  { ...common, asDouble: 0 },
                  { asInt: 0n },
                  {},
                ],
              },
            },
            { name: 'sum', sum: { dataPoints: [{ asDouble: 1.5 }], aggregationTemporality: 2, isMonotonic: true } },
            {
              name: 'histogram',
              histogram: {
                aggregationTemporality: 1,
                dataPoints: [
                  {
                    ...common,
                    count: 6n,
                    sum: 0,
                    bucketCounts: [1n, 2n, 0n, 3n],
                    explicitBounds: [0, 0.005, 1e21],
                    exemplars: [exemplar],
                    min: 0,
                    max: -0.5,
                  },
                  {},
                ],
              },
            },
            {
              name: 'exponential',
              exponentialHistogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  {
                    ...common,
                    count: 3n,
                    sum: 4.25,
                    scale: -3,
                    zeroCount: 1n,
                    positive: { offset: 2, bucketCounts: [1n, 0n, 2n ** 64n - 1n] },
                    negative: { offset: -2_147_483_648 },
                    exemplars: [exemplar],
                    min: 1,
                    max: 2,
                    zeroThreshold: 1e-9,
                  },
                  {},
                ],
              },
            },
            {
              name: 'summary',
              summary: {
                dataPoints: [
                  { ...common, count: 2n, sum: 3.5, quantileValues: [{ quantile: 0.99, value: 2 }, {}] },
                  {},
                ],
              },
            },
            { name: 'none' },
            { gauge: {} },
          ],
        },
      ],
    },
  ],
};

export const logs: OtlpObject<'ExportLogsServiceRequest'> = {
  resourceLogs: [
    {
      resource,
      schemaUrl,
      scopeLogs: [
        {
          scope,
          schemaUrl,
          logRecords: [
            {
              timeUnixNano: time,
              observedTimeUnixNano: time + 5n,
              severityNumber: 9,
              severityText: 'INFO',
              body: { stringValue: 'line 1\nline 2' },
              attributes: few,
              droppedAttributesCount: 1,
              flags: 1,
              traceId: id16,
              spanId: id8,
              eventName: 'event',
            },
            { body: { kvlistValue: { values: attributes } } },
            {},
          ],
        },
      ],
    },
  ],
};

export const profiles: OtlpObject<'ExportProfilesServiceRequest'> = {
  dictionary: {
    mappingTable: [
      {},
      { memoryStart: 2n ** 63n, memoryLimit: 2n, fileOffset: 3n, filenameStrindex: 1, attributeIndices: [1, 0, 1] },
    ],
    locationTable: [
      {},
      { mappingIndex: 1, address: 4096n, lines: [{ functionIndex: 1, line: 7n, column: 3n }], attributeIndices: [1] },
    ],
    functionTable: [{}, { nameStrindex: 1, systemNameStrindex: 2, filenameStrindex: 3, startLine: 10n }],
    linkTable: [{}, { traceId: id16, spanId: id8 }],
    stringTable: ['', 'main', 'cpu', 'nanoseconds'],
    attributeTable: [{}, { keyStrindex: 1, value: { stringValue: 'v' }, unitStrindex: 2 }],
    stackTable: [{}, { locationIndices: [1, 0] }],
  },
  resourceProfiles: [
    {
      // The Collector keeps the strings of a profile's attributes in the dictionary.
      resource: { attributes: [{ keyStrindex: 1, value: { stringValueStrindex: 2 } }] },
      schemaUrl,
      scopeProfiles: [
        {
          scope: { name: 'scope', attributes: [{ keyStrindex: 3, value: { intValue: 7n } }] },
          schemaUrl,
          profiles: [
            {
              sampleType: { typeStrindex: 2, unitStrindex: 3 },
              samples: [
                {
                  stackIndex: 1,
                  attributeIndices: [1],
                  linkIndex: 1,
                  values: [1n, -1n, 0n],
                  timestampsUnixNano: [time, 0n],
                },
                {},
              ],
              timeUnixNano: time,
              durationNano: 1_000_000_000n,
              periodType: { typeStrindex: 2 },
              period: 10_000_000n,
              profileId: id16,
              droppedAttributesCount: 1,
              originalPayloadFormat: 'pprof',
              originalPayload: Uint8Array.from([1, 2, 3]),
              attributeIndices: [1],
            },
            {},
          ],
        },
      ],
    },
  ],
};

export const samples = { traces, metrics, logs, profiles };
