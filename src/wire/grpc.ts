/**
 * gRPC calls as operations (https://opentelemetry.io/docs/specs/semconv/rpc/grpc/). Framing and metadata:
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 *
 * - The status is the one in the trailers (or in the only header block), or the one that a reset stands for: CANCELLED, or
 *   DEADLINE_EXCEEDED when the client's deadline had passed. A call without either has none: its connection broke, or a
 *   proxy answered with a status of HTTP, and `error.type` says which.
 * - `grpc-message` is free text of the application, and does not leave.
 * - `sonde.rpc.*.messages` are counted from the messages' prefixes; named in `sonde.partial` they are "at least".
 */
import type { AttributeKey, AttributeValue } from './attribute.ts';
import { CLIENT_CLOSED } from './closing.ts';
import type { ConnectionContext, Endpoint } from './decoder.ts';
import { endpointAttributes } from './endpoints.ts';
import { GrpcMethods, OTHER_METHOD } from './grpc_methods.ts';
import * as rpc from './grpc_semconv.ts';
import { statusOf } from './grpc_status.ts';
import { DURATION } from './http_metrics.ts';
import { type Authority, AuthorityTable } from './http_target.ts';
import type { Http2Stream } from './http2_stream.ts';
import { newOperation, type Operation, type OperationDefinition } from './operation.ts';
import * as semconv from './semconv.ts';

/** For a server the others are the caller's mistake. */
const SERVER_ERRORS = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);
/** A response ended without the status that it has to have. */
const MISSING_STATUS = 'missing_status';
/** The methods of a Collector, whose calls carry telemetry. */
const OTLP_PATH = '/opentelemetry.proto.collector.';

const DEFINITION_KEYS: readonly AttributeKey[] = [
  rpc.RPC_SYSTEM_NAME,
  rpc.RPC_METHOD,
  rpc.RPC_STATUS_CODE,
  semconv.ERROR_TYPE,
];

function definition(kind: 'client' | 'server'): OperationDefinition {
  return {
    protocol: 'grpc',
    scope: 'sonde.grpc',
    kind,
    metrics: [
      {
        name: rpc.DURATION_METRICS[kind],
        description: `Duration of RPC ${kind} calls.`,
        unit: 's',
        boundaries: DURATION,
      },
    ],
    // server.address and server.port are opt-in for servers: whoever asks chooses the authority.
    metricKeys: kind === 'server' ? DEFINITION_KEYS : [...DEFINITION_KEYS, semconv.SERVER_ADDRESS, semconv.SERVER_PORT],
  };
}

/** What all connections of one decoder share. */
export class GrpcMapping {
  readonly client = newOperation(definition('client'));
  readonly server = newOperation(definition('server'));
  readonly authorities = new AuthorityTable();
  readonly #maxMethods: number;
  readonly #common: GrpcMethods;
  readonly #tables = new WeakMap<object, GrpcMethods>();

  /** `maxMethods`: per service instance. */
  constructor(maxMethods: number) {
    this.#maxMethods = maxMethods;
    this.#common = new GrpcMethods(maxMethods);
  }

  methodsOf(instance: object | undefined): GrpcMethods {
    if (instance === undefined) return this.#common;
    let table = this.#tables.get(instance);
    if (table === undefined) {
      table = new GrpcMethods(this.#maxMethods);
      this.#tables.set(instance, table);
    }
    return table;
  }
}

/** Fills the shared operation from the calls of one connection. */
export class GrpcConnection {
  readonly #mapping: GrpcMapping;
  readonly #operation: Operation;
  readonly #server: boolean;
  readonly #secure: boolean;
  readonly #endpoint: Endpoint;
  readonly #methods: GrpcMethods;
  readonly #constant: readonly (AttributeKey | AttributeValue)[];
  #at = 0;

  constructor(mapping: GrpcMapping, context: ConnectionContext) {
    this.#mapping = mapping;
    this.#server = context.kind === 'server';
    this.#operation = this.#server ? mapping.server : mapping.client;
    this.#secure = context.secure;
    this.#endpoint = this.#server ? context.local : context.remote;
    this.#methods = mapping.methodsOf(context.instance);
    this.#constant = endpointAttributes(context);
  }

  operation(call: Http2Stream): Operation {
    const { exchange } = call;
    const operation = this.#operation;
    const path = exchange.target;
    const method = path === '' ? '' : this.#methods.of(path);
    const status = statusOf(call);
    const errorType = this.#errorType(call, status);
    operation.name = method === '' || method === OTHER_METHOD ? rpc.GRPC : method;
    operation.start = exchange.start;
    operation.end = Math.max(exchange.start, exchange.response.last);
    operation.traceparent = exchange.traceparent;
    operation.tracestate = exchange.traceparent === '' ? '' : exchange.tracestate;
    const left = exchange.errorType === CLIENT_CLOSED || exchange.leftByClient;
    operation.error = errorType !== '' && !(this.#server && left && status === '');
    operation.otlp = path.startsWith(OTLP_PATH);

    this.#at = 0;
    this.#put(rpc.RPC_SYSTEM_NAME, rpc.GRPC);
    if (method !== '') this.#put(rpc.RPC_METHOD, method);
    if (method === OTHER_METHOD) this.#put(rpc.RPC_METHOD_ORIGINAL, path.startsWith('/') ? path.slice(1) : path);
    if (status !== '') this.#put(rpc.RPC_STATUS_CODE, status);
    else if (exchange.status !== 0 && exchange.status !== 200)
      this.#put(semconv.HTTP_RESPONSE_STATUS_CODE, exchange.status);
    if (errorType !== '') this.#put(semconv.ERROR_TYPE, errorType);
    this.#putServer(exchange.host);
    if (exchange.userAgent !== '') this.#put(semconv.USER_AGENT_ORIGINAL, exchange.userAgent);
    this.#put(rpc.REQUEST_MESSAGES, call.requests.count);
    if (exchange.status !== 0) this.#put(rpc.RESPONSE_MESSAGES, call.responses.count);
    if (!Number.isNaN(call.timeout)) this.#put(rpc.TIMEOUT, call.timeout);
    this.#putIncomplete(call, status);
    const { attributes } = operation;
    for (const part of this.#constant) attributes[this.#at++] = part;
    if (attributes.length !== this.#at) attributes.length = this.#at;
    this.#measure(call, method, status, errorType);
    return operation;
  }

  /** Which of the statuses is an error differs by side; '' is none. */
  #errorType(call: Http2Stream, status: string): string {
    const { exchange } = call;
    if (status !== '') return (this.#server ? SERVER_ERRORS.has(status) : status !== 'OK') ? status : '';
    if (exchange.errorType !== '') return exchange.errorType;
    if (exchange.status >= 400) return String(exchange.status);
    return exchange.status !== 0 && exchange.response.done && !exchange.response.partial ? MISSING_STATUS : '';
  }

  #put(key: AttributeKey, value: AttributeValue): void {
    const { attributes } = this.#operation;
    attributes[this.#at++] = key;
    attributes[this.#at++] = value;
  }

  #putServer(host: string): void {
    const authority = this.#mapping.authorities.get(host);
    const address = this.#address(authority);
    if (address === '') return;
    this.#put(semconv.SERVER_ADDRESS, address);
    const port = this.#port(authority);
    if (port > 0) this.#put(semconv.SERVER_PORT, port);
  }

  #address(authority: Authority): string {
    return authority.address === '' ? this.#endpoint.address : authority.address;
  }

  #port(authority: Authority): number {
    if (authority.address === '') return this.#endpoint.port;
    return authority.port > 0 ? authority.port : this.#secure ? 443 : 80;
  }

  #putIncomplete(call: Http2Stream, status: string): void {
    const { exchange, requests, responses } = call;
    for (let at = 0; at + 1 < exchange.headers.length; at += 2) {
      this.#put(exchange.headers[at] as AttributeKey, exchange.headers[at + 1] as string[]);
    }
    if (exchange.truncated.length > 0) this.#put(semconv.SONDE_TRUNCATED, [...exchange.truncated]);
    const partial: string[] = [];
    if (exchange.request.partial) partial.push('rpc.request');
    if (requests.atLeast) partial.push(rpc.REQUEST_MESSAGES.name);
    if (exchange.response.partial && (status === '' || exchange.status === 0)) partial.push('rpc.response');
    if (responses.atLeast && exchange.status !== 0) partial.push(rpc.RESPONSE_MESSAGES.name);
    if (partial.length > 0) this.#put(semconv.SONDE_PARTIAL, partial);
  }

  #measure(call: Http2Stream, method: string, status: string, errorType: string): void {
    const operation = this.#operation;
    const values = operation.metricValues;
    values[0] = rpc.GRPC;
    values[1] = method === '' ? undefined : method;
    values[2] = status === '' ? undefined : status;
    values[3] = errorType === '' ? undefined : errorType;
    if (!this.#server) {
      const authority = this.#mapping.authorities.get(call.exchange.host);
      values[4] = this.#address(authority) || undefined;
      values[5] = this.#port(authority) || undefined;
    }
    const ended = status !== '' || errorType !== '';
    operation.measurements[0] = ended ? (operation.end - operation.start) / 1e9 : Number.NaN;
  }
}
