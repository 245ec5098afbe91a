/**
 * Every OTLP message of the four signals: field = [number, kind, rule]. Order is the order in which the Collector writes
 * JSON; a singular message is always written there, so `status: {}` is no mistake.
 * Source: github.com/open-telemetry/opentelemetry-proto v1.11 (profiles: v1development), google/rpc/status.proto.
 * No OTLP message has more than one oneof, so the rule needs no name.
 */
export const messages = {
  // common/v1, resource/v1
  AnyValue: {
    stringValue: [1, 'string', 'oneof'],
    boolValue: [2, 'bool', 'oneof'],
    intValue: [3, 'int64', 'oneof'],
    doubleValue: [4, 'double', 'oneof'],
    arrayValue: [5, 'ArrayValue', 'oneof'],
    kvlistValue: [6, 'KeyValueList', 'oneof'],
    bytesValue: [7, 'bytes', 'oneof'],
    stringValueStrindex: [8, 'int32', 'oneof'],
  },
  ArrayValue: { values: [1, 'AnyValue', 'repeated'] },
  KeyValueList: { values: [1, 'KeyValue', 'repeated'] },
  KeyValue: { key: [1, 'string'], value: [2, 'AnyValue'], keyStrindex: [3, 'int32'] },
  InstrumentationScope: {
    name: [1, 'string'],
    version: [2, 'string'],
    attributes: [3, 'KeyValue', 'repeated'],
    droppedAttributesCount: [4, 'uint32'],
  },
  EntityRef: {
    schemaUrl: [1, 'string'],
    type: [2, 'string'],
    idKeys: [3, 'string', 'repeated'],
    descriptionKeys: [4, 'string', 'repeated'],
  },
  Resource: {
    attributes: [1, 'KeyValue', 'repeated'],
    droppedAttributesCount: [2, 'uint32'],
    entityRefs: [3, 'EntityRef', 'repeated'],
  },

  // trace/v1
  ExportTraceServiceRequest: { resourceSpans: [1, 'ResourceSpans', 'repeated'] },
  ResourceSpans: { resource: [1, 'Resource'], scopeSpans: [2, 'ScopeSpans', 'repeated'], schemaUrl: [3, 'string'] },
  ScopeSpans: { scope: [1, 'InstrumentationScope'], spans: [2, 'Span', 'repeated'], schemaUrl: [3, 'string'] },
  Span: {
    traceId: [1, 'traceId'],
    spanId: [2, 'spanId'],
    traceState: [3, 'string'],
    parentSpanId: [4, 'spanId'],
    flags: [16, 'fixed32'],
    name: [5, 'string'],
    kind: [6, 'SpanKind'],
    startTimeUnixNano: [7, 'fixed64'],
    endTimeUnixNano: [8, 'fixed64'],
    attributes: [9, 'KeyValue', 'repeated'],
    droppedAttributesCount: [10, 'uint32'],
    events: [11, 'SpanEvent', 'repeated'],
    droppedEventsCount: [12, 'uint32'],
    links: [13, 'SpanLink', 'repeated'],
    droppedLinksCount: [14, 'uint32'],
    status: [15, 'Status'],
  },
  SpanEvent: {
    timeUnixNano: [1, 'fixed64'],
    name: [2, 'string'],
    attributes: [3, 'KeyValue', 'repeated'],
    droppedAttributesCount: [4, 'uint32'],
  },
  SpanLink: {
    traceId: [1, 'traceId'],
    spanId: [2, 'spanId'],
    traceState: [3, 'string'],
    attributes: [4, 'KeyValue', 'repeated'],
    droppedAttributesCount: [5, 'uint32'],
    flags: [6, 'fixed32'],
  },
  Status: { message: [2, 'string'], code: [3, 'StatusCode'] },

  // metrics/v1
  ExportMetricsServiceRequest: { resourceMetrics: [1, 'ResourceMetrics', 'repeated'] },
  ResourceMetrics: {
    resource: [1, 'Resource'],
    scopeMetrics: [2, 'ScopeMetrics', 'repeated'],
    schemaUrl: [3, 'string'],
  },
  ScopeMetrics: { scope: [1, 'InstrumentationScope'], metrics: [2, 'Metric', 'repeated'], schemaUrl: [3, 'string'] },
  Metric: {
    name: [1, 'string'],
    description: [2, 'string'],
    unit: [3, 'string'],
    gauge: [5, 'Gauge', 'oneof'],
    sum: [7, 'Sum', 'oneof'],
    histogram: [9, 'Histogram', 'oneof'],
    exponentialHistogram: [10, 'ExponentialHistogram', 'oneof'],
    summary: [11, 'Summary', 'oneof'],
    metadata: [12, 'KeyValue', 'repeated'],
  },
  Gauge: { dataPoints: [1, 'NumberDataPoint', 'repeated'] },
  Sum: {
    dataPoints: [1, 'NumberDataPoint', 'repeated'],
    aggregationTemporality: [2, 'AggregationTemporality'],
    isMonotonic: [3, 'bool'],
  },
  Histogram: {
    dataPoints: [1, 'HistogramDataPoint', 'repeated'],
    aggregationTemporality: [2, 'AggregationTemporality'],
  },
  ExponentialHistogram: {
    dataPoints: [1, 'ExponentialHistogramDataPoint', 'repeated'],
    aggregationTemporality: [2, 'AggregationTemporality'],
  },
  Summary: { dataPoints: [1, 'SummaryDataPoint', 'repeated'] },
  NumberDataPoint: {
    attributes: [7, 'KeyValue', 'repeated'],
    startTimeUnixNano: [2, 'fixed64'],
    timeUnixNano: [3, 'fixed64'],
    asDouble: [4, 'double', 'oneof'],
    asInt: [6, 'sfixed64', 'oneof'],
    exemplars: [5, 'Exemplar', 'repeated'],
    flags: [8, 'uint32'],
  },
  HistogramDataPoint: {
    attributes: [9, 'KeyValue', 'repeated'],
    startTimeUnixNano: [2, 'fixed64'],
    timeUnixNano: [3, 'fixed64'],
    count: [4, 'fixed64'],
    sum: [5, 'double', 'optional'],
    bucketCounts: [6, 'fixed64', 'repeated'],
    explicitBounds: [7, 'double', 'repeated'],
    exemplars: [8, 'Exemplar', 'repeated'],
    flags: [10, 'uint32'],
    min: [11, 'double', 'optional'],
    max: [12, 'double', 'optional'],
  },
  ExponentialHistogramDataPoint: {
    attributes: [1, 'KeyValue', 'repeated'],
    startTimeUnixNano: [2, 'fixed64'],
    timeUnixNano: [3, 'fixed64'],
    count: [4, 'fixed64'],
    sum: [5, 'double', 'optional'],
    scale: [6, 'sint32'],
    zeroCount: [7, 'fixed64'],
    positive: [8, 'Buckets'],
    negative: [9, 'Buckets'],
    flags: [10, 'uint32'],
    exemplars: [11, 'Exemplar', 'repeated'],
    min: [12, 'double', 'optional'],
    max: [13, 'double', 'optional'],
    zeroThreshold: [14, 'double'],
  },
  Buckets: { offset: [1, 'sint32'], bucketCounts: [2, 'uint64', 'repeated'] },
  SummaryDataPoint: {
    attributes: [7, 'KeyValue', 'repeated'],
    startTimeUnixNano: [2, 'fixed64'],
    timeUnixNano: [3, 'fixed64'],
    count: [4, 'fixed64'],
    sum: [5, 'double'],
    quantileValues: [6, 'ValueAtQuantile', 'repeated'],
    flags: [8, 'uint32'],
  },
  ValueAtQuantile: { quantile: [1, 'double'], value: [2, 'double'] },
  Exemplar: {
    filteredAttributes: [7, 'KeyValue', 'repeated'],
    timeUnixNano: [2, 'fixed64'],
    asDouble: [3, 'double', 'oneof'],
    asInt: [6, 'sfixed64', 'oneof'],
    traceId: [5, 'traceId'],
    spanId: [4, 'spanId'],
  },

  // logs/v1
  ExportLogsServiceRequest: { resourceLogs: [1, 'ResourceLogs', 'repeated'] },
  ResourceLogs: { resource: [1, 'Resource'], scopeLogs: [2, 'ScopeLogs', 'repeated'], schemaUrl: [3, 'string'] },
  ScopeLogs: { scope: [1, 'InstrumentationScope'], logRecords: [2, 'LogRecord', 'repeated'], schemaUrl: [3, 'string'] },
  LogRecord: {
    timeUnixNano: [1, 'fixed64'],
    observedTimeUnixNano: [11, 'fixed64'],
    severityNumber: [2, 'SeverityNumber'],
    severityText: [3, 'string'],
    body: [5, 'AnyValue'],
    attributes: [6, 'KeyValue', 'repeated'],
    droppedAttributesCount: [7, 'uint32'],
    flags: [8, 'fixed32'],
    traceId: [9, 'traceId'],
    spanId: [10, 'spanId'],
    eventName: [12, 'string'],
  },

  // profiles/v1development
  ExportProfilesServiceRequest: {
    resourceProfiles: [1, 'ResourceProfiles', 'repeated'],
    dictionary: [2, 'ProfilesDictionary'],
  },
  ResourceProfiles: {
    resource: [1, 'Resource'],
    scopeProfiles: [2, 'ScopeProfiles', 'repeated'],
    schemaUrl: [3, 'string'],
  },
  ScopeProfiles: { scope: [1, 'InstrumentationScope'], profiles: [2, 'Profile', 'repeated'], schemaUrl: [3, 'string'] },
  Profile: {
    sampleType: [1, 'ValueType'],
    samples: [2, 'Sample', 'repeated'],
    timeUnixNano: [3, 'fixed64'],
    durationNano: [4, 'uint64'],
    periodType: [5, 'ValueType'],
    period: [6, 'int64'],
    profileId: [7, 'profileId'],
    droppedAttributesCount: [8, 'uint32'],
    originalPayloadFormat: [9, 'string'],
    originalPayload: [10, 'bytes'],
    attributeIndices: [11, 'int32', 'repeated'],
  },
  ValueType: { typeStrindex: [1, 'int32'], unitStrindex: [2, 'int32'] },
  Sample: {
    stackIndex: [1, 'int32'],
    attributeIndices: [2, 'int32', 'repeated'],
    linkIndex: [3, 'int32'],
    values: [4, 'int64', 'repeated'],
    timestampsUnixNano: [5, 'fixed64', 'repeated'],
  },
  ProfilesDictionary: {
    mappingTable: [1, 'Mapping', 'repeated'],
    locationTable: [2, 'Location', 'repeated'],
    functionTable: [3, 'Function', 'repeated'],
    linkTable: [4, 'Link', 'repeated'],
    stringTable: [5, 'string', 'repeated'],
    attributeTable: [6, 'KeyValueAndUnit', 'repeated'],
    stackTable: [7, 'Stack', 'repeated'],
  },
  Mapping: {
    memoryStart: [1, 'uint64'],
    memoryLimit: [2, 'uint64'],
    fileOffset: [3, 'uint64'],
    filenameStrindex: [4, 'int32'],
    attributeIndices: [5, 'int32', 'repeated'],
  },
  Location: {
    mappingIndex: [1, 'int32'],
    address: [2, 'uint64'],
    lines: [3, 'Line', 'repeated'],
    attributeIndices: [4, 'int32', 'repeated'],
  },
  Line: { functionIndex: [1, 'int32'], line: [2, 'int64'], column: [3, 'int64'] },
  Function: {
    nameStrindex: [1, 'int32'],
    systemNameStrindex: [2, 'int32'],
    filenameStrindex: [3, 'int32'],
    startLine: [4, 'int64'],
  },
  Link: { traceId: [1, 'traceId'], spanId: [2, 'spanId'] },
  KeyValueAndUnit: { keyStrindex: [1, 'int32'], value: [2, 'AnyValue'], unitStrindex: [3, 'int32'] },
  Stack: { locationIndices: [1, 'int32', 'repeated'] },

  // collector/*/v1: responses
  ExportTraceServiceResponse: { partialSuccess: [1, 'ExportTracePartialSuccess'] },
  ExportTracePartialSuccess: { rejectedSpans: [1, 'int64'], errorMessage: [2, 'string'] },
  ExportMetricsServiceResponse: { partialSuccess: [1, 'ExportMetricsPartialSuccess'] },
  ExportMetricsPartialSuccess: { rejectedDataPoints: [1, 'int64'], errorMessage: [2, 'string'] },
  ExportLogsServiceResponse: { partialSuccess: [1, 'ExportLogsPartialSuccess'] },
  ExportLogsPartialSuccess: { rejectedLogRecords: [1, 'int64'], errorMessage: [2, 'string'] },
  ExportProfilesServiceResponse: { partialSuccess: [1, 'ExportProfilesPartialSuccess'] },
  ExportProfilesPartialSuccess: { rejectedProfiles: [1, 'int64'], errorMessage: [2, 'string'] },

  // google.rpc, google.protobuf
  RpcStatus: { code: [1, 'int32'], message: [2, 'string'], details: [3, 'Any', 'repeated'] },
  Any: { typeUrl: [1, 'string'], value: [2, 'bytes'] },
  RetryInfo: { retryDelay: [1, 'Duration'] },
  Duration: { seconds: [1, 'int64'], nanos: [2, 'int32'] },
} as const;

export type MessageName = keyof typeof messages;

/** Enum name to value: OTLP/JSON has the numbers, the Collector reads both. */
export const enums = {
  SpanKind: enumOf('SPAN_KIND', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']),
  StatusCode: enumOf('STATUS_CODE', ['UNSET', 'OK', 'ERROR']),
  AggregationTemporality: enumOf('AGGREGATION_TEMPORALITY', ['UNSPECIFIED', 'DELTA', 'CUMULATIVE']),
  SeverityNumber: enumOf('SEVERITY_NUMBER', [
    'UNSPECIFIED',
    ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) => [
      name,
      `${name}2`,
      `${name}3`,
      `${name}4`,
    ]),
  ]),
} as const;

function enumOf(prefix: string, names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, value) => [`${prefix}_${name}`, value]));
}

export const requestOf = {
  traces: 'ExportTraceServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
  profiles: 'ExportProfilesServiceRequest',
} as const;

export const responseOf = {
  traces: 'ExportTraceServiceResponse',
  metrics: 'ExportMetricsServiceResponse',
  logs: 'ExportLogsServiceResponse',
  profiles: 'ExportProfilesServiceResponse',
} as const;

/** Raw bytes (tag, length, value) of fields that the table does not know, in their order. */
export const UNKNOWN = Symbol('unknown fields');

type Id = 'traceId' | 'spanId' | 'profileId';
type Wide = 'int64' | 'uint64' | 'fixed64' | 'sfixed64';
type ValueOf<Kind> = Kind extends MessageName
  ? OtlpObject<Kind>
  : Kind extends 'string'
    ? string
    : Kind extends 'bool'
      ? boolean
      : Kind extends 'bytes' | Id
        ? Uint8Array
        : Kind extends Wide
          ? bigint
          : number;

/** A decoded message: fields by JSON name, absent ones absent. */
export type OtlpObject<Name extends MessageName> = {
  -readonly [Key in keyof (typeof messages)[Name]]?: (typeof messages)[Name][Key] extends readonly [
    number,
    infer Kind,
    'repeated',
  ]
    ? ValueOf<Kind>[]
    : (typeof messages)[Name][Key] extends readonly [number, infer Kind, ...unknown[]]
      ? ValueOf<Kind>
      : never;
} & { [UNKNOWN]?: Uint8Array[] };
