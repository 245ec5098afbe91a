/**
 * A database call as an operation, by the stable semantic conventions
 * (https://opentelemetry.io/docs/specs/semconv/database/database-spans/). Servers are told with the same attributes.
 */
import type { AttributeKey, AttributeValue } from './attribute.ts';
import { CLIENT_CLOSED } from './closing.ts';
import type { DbCall } from './db_call.ts';
import * as db from './db_semconv.ts';
import type { ConnectionContext, Endpoint } from './decoder.ts';
import { newOperation, type Operation, type OperationDefinition } from './operation.ts';
import * as semconv from './semconv.ts';

export interface DbOptions {
  /** What leaves of `db.query.text`: everything but literals, all of it, or nothing. */
  readonly query: 'obfuscate' | 'keep' | 'drop';
}

/** Seconds. The conventions' boundaries (1 ms to 10 s), continued below: most of a cache's answers take less than 1 ms. */
const DURATION = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

function definition(protocol: string, kind: 'client' | 'server'): OperationDefinition {
  const description = `Duration of database ${kind} operations.`;
  const metricKeys = [
    db.DB_SYSTEM_NAME,
    db.DB_OPERATION_NAME,
    db.DB_COLLECTION_NAME,
    db.DB_NAMESPACE,
    db.DB_QUERY_SUMMARY,
    db.DB_RESPONSE_STATUS_CODE,
    semconv.ERROR_TYPE,
  ];
  if (kind === 'client') metricKeys.push(semconv.SERVER_ADDRESS, semconv.SERVER_PORT);
  return {
    protocol,
    scope: `sonde.${protocol}`,
    kind,
    metrics: [{ name: db.durationMetric[kind], description, unit: 's', boundaries: DURATION }],
    metricKeys,
  };
}

/** What all connections of one decoder share. */
export class DbMapping {
  readonly options: DbOptions;
  readonly client: Operation;
  readonly server: Operation;

  constructor(protocol: string, options: DbOptions) {
    this.options = options;
    this.client = newOperation(definition(protocol, 'client'));
    this.server = newOperation(definition(protocol, 'server'));
  }
}

/** Fills the shared operation from calls of one connection. */
export class DbConnection {
  /** `db.system.name`: MariaDB tells itself only in its greeting. */
  system: string;
  readonly #operation: Operation;
  readonly #server: boolean;
  readonly #endpoint: Endpoint;
  readonly #constant: (AttributeKey | AttributeValue)[] = [];
  #at = 0;

  constructor(mapping: DbMapping, context: ConnectionContext, system: string) {
    this.system = system;
    this.#server = context.kind === 'server';
    this.#operation = this.#server ? mapping.server : mapping.client;
    this.#endpoint = this.#server ? context.local : context.remote;
    const constant = this.#constant;
    const endpoint = (address: AttributeKey, port: AttributeKey, of: Endpoint): void => {
      if (of.address === '') return;
      constant.push(address, of.address);
      if (of.port > 0) constant.push(port, of.port);
    };
    endpoint(semconv.SERVER_ADDRESS, semconv.SERVER_PORT, this.#endpoint);
    if (this.#server) endpoint(semconv.CLIENT_ADDRESS, semconv.CLIENT_PORT, context.remote);
    endpoint(semconv.NETWORK_PEER_ADDRESS, semconv.NETWORK_PEER_PORT, context.remote);
    endpoint(semconv.NETWORK_LOCAL_ADDRESS, semconv.NETWORK_LOCAL_PORT, context.local);
    if (context.transport === 'unix') constant.push(semconv.NETWORK_TRANSPORT, 'unix');
  }

  operation(call: DbCall): Operation {
    const operation = this.#operation;
    const errorType = call.errorType !== '' ? call.errorType : call.failed ? call.status : '';
    operation.name = this.#name(call);
    operation.start = call.start;
    operation.end = Math.max(call.start, call.responseLast);
    operation.traceparent = call.traceparent;
    // A server is not at fault when the client leaves.
    operation.error = errorType !== '' && !(this.#server && call.errorType === CLIENT_CLOSED);

    this.#at = 0;
    this.#put(db.DB_SYSTEM_NAME, this.system);
    this.#text(db.DB_OPERATION_NAME, call.operation);
    this.#text(db.DB_COLLECTION_NAME, call.collection);
    this.#text(db.DB_NAMESPACE, call.namespace);
    this.#text(db.DB_QUERY_TEXT, call.text);
    this.#text(db.DB_QUERY_SUMMARY, call.summary);
    this.#text(db.DB_RESPONSE_STATUS_CODE, call.status);
    this.#text(semconv.ERROR_TYPE, errorType);
    if (call.rows >= 0) this.#put(db.DB_RESPONSE_RETURNED_ROWS, call.rows);
    // The conventions: never 1.
    if (call.batch > 1) this.#put(db.DB_OPERATION_BATCH_SIZE, call.batch);
    if ((call.textCut && call.text !== '') || call.textDropped)
      this.#put(semconv.SONDE_TRUNCATED, [db.DB_QUERY_TEXT.name]);
    if (call.requestPartial || call.responsePartial) this.#put(semconv.SONDE_PARTIAL, partialNames(call));
    const constant = this.#constant;
    const { attributes } = operation;
    for (let at = 0; at < constant.length; at++) attributes[this.#at++] = constant[at] ?? '';
    if (attributes.length !== this.#at) attributes.length = this.#at;
    this.#measure(call, errorType);
    return operation;
  }

  #measure(call: DbCall, errorType: string): void {
    const { metricValues: values, measurements, start, end } = this.#operation;
    values[0] = this.system;
    values[1] = call.operation || undefined;
    values[2] = call.collection || undefined;
    values[3] = call.namespace || undefined;
    values[4] = call.summary || undefined;
    values[5] = call.status || undefined;
    values[6] = errorType || undefined;
    if (!this.#server) {
      values[7] = this.#endpoint.address || undefined;
      values[8] = this.#endpoint.port || undefined;
    }
    measurements[0] = call.responsePartial || call.oneWay ? Number.NaN : (end - start) / 1e9;
  }

  /** The conventions' order: summary, else operation and target, else the system. */
  #name(call: DbCall): string {
    if (call.summary !== '') return call.summary;
    if (call.operation === '') return this.system;
    return call.collection === '' ? call.operation : `${call.operation} ${call.collection}`;
  }

  #text(key: AttributeKey, value: string): void {
    if (value !== '') this.#put(key, value);
  }

  #put(key: AttributeKey, value: AttributeValue): void {
    const { attributes } = this.#operation;
    attributes[this.#at++] = key;
    attributes[this.#at++] = value;
  }
}

function partialNames(call: DbCall): string[] {
  const names: string[] = [];
  if (call.requestPartial) names.push('db.request');
  if (call.responsePartial) names.push('db.response');
  return names;
}
