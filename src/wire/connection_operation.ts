/**
 * A connection told as a whole: TLS without its plaintext, or a protocol that nothing here understands. OpenTelemetry has
 * names for what TLS agreed on (https://opentelemetry.io/docs/specs/semconv/registry/attributes/tls/) and none for
 * connections; those are `sonde.connection.*`.
 */
import type { AttributeKey, AttributeValue } from './attribute.ts';
import { CONNECTION_RESET, TIMEOUT } from './closing.ts';
import * as names from './connection_semconv.ts';
import type { ConnectionContext, End } from './decoder.ts';
import { endpointAttributes } from './endpoints.ts';
import { type MetricDefinition, newOperation, type Operation } from './operation.ts';
import * as semconv from './semconv.ts';
import type { TlsHandshake } from './tls_handshake.ts';

/** `error.type` of a TLS connection that ended before its handshake was over, and without an alert. */
const HANDSHAKE_INCOMPLETE = 'handshake_incomplete';

/** Seconds: from a request's connection to one that is pooled for a day. */
const DURATION = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 86_400];
/** Seconds. */
const HANDSHAKE = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** Bytes: powers of 16 from 1 KiB to 16 GiB; nothing at all has its own bucket. */
const SIZE = [0, 2 ** 10, 2 ** 14, 2 ** 18, 2 ** 22, 2 ** 26, 2 ** 30, 2 ** 34];

const METRICS: readonly MetricDefinition[] = [
  metric(names.metricNames.duration, 'Duration of connections.', 's', DURATION),
  metric(names.metricNames.sent, 'Bytes that connections sent.', 'By', SIZE),
  metric(names.metricNames.received, 'Bytes that connections received.', 'By', SIZE),
  metric(names.metricNames.handshake, 'Duration of TLS handshakes.', 's', HANDSHAKE),
  { ...metric(names.metricNames.errors, 'Connections that did not end well.', '{connection}', []), counter: true },
];

/** Told as it passes: the bytes of a connection that is pooled for days do not wait for its end. */
const IO: readonly MetricDefinition[] = [
  { ...metric(names.metricNames.io, 'Bytes that connections carried.', 'By', []), counter: true },
];

const IDENTITY: readonly AttributeKey[] = [
  names.SONDE_PROTOCOL,
  names.SONDE_CONNECTION_ROLE,
  semconv.NETWORK_TRANSPORT,
  semconv.SERVER_ADDRESS,
  semconv.SERVER_PORT,
  names.TLS_PROTOCOL_VERSION,
  names.TLS_RESUMED,
];
/** Of the attributes that follow IDENTITY. */
const LAST = IDENTITY.length;

function metric(name: string, description: string, unit: string, boundaries: readonly number[]): MetricDefinition {
  return { name, description, unit, boundaries };
}

/** What a connection is, as far as it is understood. */
export interface ConnectionKind {
  /** The decoder that understood it at last: `tls`, or `unknown`. */
  readonly protocol: string;
  readonly tls: TlsHandshake | undefined;
}

/** What is known when a connection is over. */
export interface ConnectionEnd extends ConnectionKind {
  readonly how: End;
  /** CLOCK_MONOTONIC, ns: its first operation, and its end. */
  readonly start: number;
  readonly end: number;
  /** Bytes of payload, counted by the kernel; from joining on if it was joined. */
  readonly sent: number;
  readonly received: number;
}

const ended = bothKinds(METRICS, semconv.ERROR_TYPE);
const passing = bothKinds(IO, names.NETWORK_IO_DIRECTION);

function bothKinds(metrics: readonly MetricDefinition[], last: AttributeKey) {
  const metricKeys = [...IDENTITY, last];
  const make = (kind: 'client' | 'server'): Operation =>
    newOperation({ protocol: 'connection', scope: 'sonde.connection', kind, metrics, metricKeys });
  return { client: make('client'), server: make('server') };
}

/** One object per kind, filled anew: whoever gets it takes what it needs at once. */
export function connectionOperation(context: ConnectionContext, known: ConnectionEnd): Operation {
  const operation = ended[context.kind];
  const errorType = errorTypeOf(known);
  operation.name = known.tls === undefined ? 'TCP' : 'TLS';
  operation.start = known.start;
  operation.end = known.end;
  operation.error = errorType !== '';
  operation.attributes = attributesOf(context, known, errorType);
  measure(operation, context, known, errorType);
  return operation;
}

/** `bytes` that passed one way since they were last told: for metrics, not for spans. */
export function connectionBytes(
  context: ConnectionContext,
  kind: ConnectionKind,
  direction: 'transmit' | 'receive',
  bytes: number,
): Operation {
  const operation = passing[context.kind];
  identify(operation.metricValues, context, kind);
  operation.metricValues[LAST] = direction;
  operation.measurements[0] = bytes;
  return operation;
}

/** What broke the handshake says more than how the connection ended after it. */
function errorTypeOf({ tls, how }: ConnectionEnd): string {
  if (tls?.established === false && tls.failure !== '') return tls.failure;
  if (how === 'reset') return CONNECTION_RESET;
  if (how === 'timeout') return TIMEOUT;
  return tls?.established === false ? HANDSHAKE_INCOMPLETE : '';
}

function attributesOf(context: ConnectionContext, known: ConnectionEnd, errorType: string) {
  const list: (AttributeKey | AttributeValue)[] = [names.SONDE_PROTOCOL, known.protocol];
  const text = (key: AttributeKey, value: string): void => {
    if (value !== '') list.push(key, value);
  };
  const server = context.kind === 'server' ? context.local : context.remote;
  // The conventions: the name where there is one.
  text(semconv.SERVER_ADDRESS, known.tls?.serverName || server.address);
  if (server.port > 0) list.push(semconv.SERVER_PORT, server.port);
  list.push(semconv.NETWORK_TRANSPORT, context.transport);
  if (context.networkType !== undefined) list.push(names.NETWORK_TYPE, context.networkType);
  list.push(names.SONDE_CONNECTION_SENT, known.sent, names.SONDE_CONNECTION_RECEIVED, known.received);
  list.push(names.SONDE_CONNECTION_END, known.how);
  text(semconv.ERROR_TYPE, errorType);
  if (known.tls !== undefined) addTls(list, known.tls);
  if (context.joined || known.tls?.partial) list.push(semconv.SONDE_PARTIAL, partialNames(context, known.tls));
  list.push(...endpointAttributes(context));
  return list;
}

function partialNames(context: ConnectionContext, tls: TlsHandshake | undefined): string[] {
  const partial: string[] = [];
  if (context.joined) partial.push('connection');
  if (tls?.partial) partial.push('tls.handshake');
  return partial;
}

function addTls(list: (AttributeKey | AttributeValue)[], tls: TlsHandshake): void {
  const { version, cipher, nextProtocol, resumed, established, offered, clientAlerts, serverAlerts } = tls;
  list.push(names.TLS_PROTOCOL_NAME, version === '3' ? 'ssl' : 'tls');
  if (version !== '') list.push(names.TLS_PROTOCOL_VERSION, version);
  if (cipher !== '') list.push(names.TLS_CIPHER, cipher);
  if (nextProtocol !== '') list.push(names.TLS_NEXT_PROTOCOL, nextProtocol);
  if (resumed !== undefined) list.push(names.TLS_RESUMED, resumed);
  if (established !== undefined) list.push(names.TLS_ESTABLISHED, established);
  if (offered.length > 0) list.push(names.SONDE_TLS_OFFERED, [...offered]);
  if (tls.encryptedHello) list.push(names.SONDE_TLS_ECH, true);
  if (clientAlerts.length > 0) list.push(names.SONDE_TLS_CLIENT_ALERTS, [...clientAlerts]);
  if (serverAlerts.length > 0) list.push(names.SONDE_TLS_SERVER_ALERTS, [...serverAlerts]);
}

/** Whoever asks a server chooses the name that it asks for, so it is no metric attribute there. */
function identify(
  values: Operation['metricValues'],
  context: ConnectionContext,
  { protocol, tls }: ConnectionKind,
): void {
  const client = context.kind === 'client';
  const server = client ? context.remote : context.local;
  values[0] = protocol;
  values[1] = context.kind;
  values[2] = context.transport;
  values[3] = (client && tls?.serverName) || server.address || undefined;
  values[4] = server.port || undefined;
  values[5] = tls?.version || undefined;
  values[6] = tls?.resumed;
}

function measure(operation: Operation, context: ConnectionContext, known: ConnectionEnd, errorType: string): void {
  const { metricValues: values, measurements } = operation;
  const { tls } = known;
  identify(values, context, known);
  values[LAST] = errorType || undefined;
  // Joined: when it began is not known.
  measurements[0] = context.joined ? Number.NaN : Math.max(0, known.end - known.start) / 1e9;
  measurements[1] = known.sent;
  measurements[2] = known.received;
  measurements[3] = tls === undefined ? Number.NaN : Math.max(0, tls.end - tls.start) / 1e9;
  measurements[4] = errorType === '' ? Number.NaN : 1;
}
