/**
 * An HTTP exchange as an operation, by the stable semantic conventions
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/), whichever version of HTTP it was.
 */
import type { AttributeKey, AttributeValue } from './attribute.ts';
import { CLIENT_CLOSED } from './closing.ts';
import type { ConnectionContext, Endpoint } from './decoder.ts';
import { endpointAttributes } from './endpoints.ts';
import type { HttpExchange } from './http_exchange.ts';
import type { HttpMapping } from './http_mapping.ts';
import type { Authority, Target } from './http_target.ts';
import type { Operation } from './operation.ts';
import type { Route, RouteTable } from './route.ts';
import * as semconv from './semconv.ts';

/** The conventions' known methods; any other is `_OTHER`, and `HTTP` in span names. */
const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']);
const OTHER = '_OTHER';
/** Content types that OTLP uses. */
export const OTLP_TYPE = /^application\/(?:x-protobuf|json)\b/i;
/** With a prefix too: `/otlp/v1/traces`. */
const OTLP_PATH = /\/v1\/(?:traces|metrics|logs)$|\/v1development\/profiles$/;

/** Fills the shared operation from exchanges of one connection. */
export class HttpConnection {
  readonly #mapping: HttpMapping;
  readonly #operation: Operation;
  readonly #server: boolean;
  readonly #scheme: string;
  /** Where requests arrive when they do not say whom they mean. */
  readonly #endpoint: Endpoint;
  readonly #routes: RouteTable;
  /** Attributes that are the same for every exchange: flat pairs. */
  readonly #constant: readonly (AttributeKey | AttributeValue)[];
  #at = 0;
  /** The last url.full and what it was made of: clients repeat themselves. */
  #full = '';
  #fullTarget: Target | undefined;
  #fullAuthority: Authority | undefined;

  constructor(mapping: HttpMapping, context: ConnectionContext) {
    this.#mapping = mapping;
    this.#server = context.kind === 'server';
    this.#operation = this.#server ? mapping.server : mapping.client;
    this.#scheme = context.secure ? 'https' : 'http';
    this.#endpoint = this.#server ? context.local : context.remote;
    this.#routes = mapping.routesOf(context.instance);
    this.#constant = endpointAttributes(context);
  }

  operation(exchange: HttpExchange): Operation {
    const operation = this.#operation;
    const target = this.#mapping.targets.get(exchange.target);
    const method = METHODS.has(exchange.method) || exchange.method === '' ? exchange.method : OTHER;
    const scheme = target.scheme || exchange.scheme || this.#scheme;
    const authority = this.#mapping.authorities.get(target.authority === '' ? exchange.host : target.authority);
    const route = this.#route(exchange, target);
    const errorType = this.#errorType(exchange);

    operation.name = spanName(method, route);
    operation.start = exchange.start;
    operation.end = Math.max(exchange.start, exchange.response.last);
    operation.traceparent = exchange.traceparent;
    operation.tracestate = exchange.traceparent === '' ? '' : exchange.tracestate;
    // A server is not at fault when the client leaves.
    const left = exchange.errorType === CLIENT_CLOSED || exchange.leftByClient;
    operation.error = errorType !== undefined && !(this.#server && left);
    operation.otlp = exchange.otlpType && method === 'POST' && OTLP_PATH.test(target.path);

    // What varies least comes first: a writer may copy what did not change since the last span of the connection.
    const attributes = operation.attributes;
    const constant = this.#constant;
    for (let at = 0; at < constant.length; at++) attributes[at] = constant[at] ?? '';
    this.#at = constant.length;
    this.#put(semconv.URL_SCHEME, scheme);
    if (exchange.version !== '') this.#put(semconv.NETWORK_PROTOCOL_VERSION, exchange.version);
    this.#putServer(authority, scheme);
    if (exchange.userAgent !== '') this.#put(semconv.USER_AGENT_ORIGINAL, exchange.userAgent);
    if (method !== '') this.#put(semconv.HTTP_REQUEST_METHOD, method);
    if (method === OTHER) this.#put(semconv.HTTP_REQUEST_METHOD_ORIGINAL, exchange.method);
    if (exchange.status !== 0) this.#put(semconv.HTTP_RESPONSE_STATUS_CODE, exchange.status);
    if (errorType !== undefined) this.#put(semconv.ERROR_TYPE, errorType);
    this.#putUrl(exchange, target, scheme, authority, route);
    this.#putMessages(exchange);
    if (attributes.length !== this.#at) attributes.length = this.#at;

    this.#measure(exchange, method, scheme, authority, route, errorType);
    return operation;
  }

  #measure(
    exchange: HttpExchange,
    method: string,
    scheme: string,
    authority: Authority,
    route: Route | undefined,
    errorType: string | undefined,
  ): void {
    const operation = this.#operation;
    const values = operation.metricValues;
    values[0] = method === '' ? undefined : method;
    values[1] = exchange.status === 0 ? undefined : exchange.status;
    values[2] = errorType;
    values[3] = exchange.version === '' ? undefined : exchange.version;
    values[4] = scheme;
    if (this.#server) {
      values[5] = route?.route;
    } else {
      values[5] = authority.address === '' ? this.#endpoint.address || undefined : authority.address;
      values[6] = this.#port(authority, scheme) || undefined;
    }
    const measurements = operation.measurements;
    const ended = exchange.status !== 0 || exchange.errorType !== '';
    measurements[0] = ended ? (operation.end - operation.start) / 1e9 : Number.NaN;
    measurements[1] = exchange.request.size < 0 || exchange.request.atLeast ? Number.NaN : exchange.request.size;
    measurements[2] =
      exchange.status === 0 || exchange.response.size < 0 || exchange.response.atLeast
        ? Number.NaN
        : exchange.response.size;
  }

  #put(key: AttributeKey, value: AttributeValue): void {
    const attributes = this.#operation.attributes;
    attributes[this.#at++] = key;
    attributes[this.#at++] = value;
  }

  /** Servers have a route always; clients a template if one is configured for the path. */
  #route(exchange: HttpExchange, target: Target): Route | undefined {
    if (exchange.targetCut || !target.path.startsWith('/')) return undefined;
    return this.#server ? this.#routes.lookup(target.path) : this.#mapping.patterns.match(target.path);
  }

  #errorType(exchange: HttpExchange): string | undefined {
    if (exchange.errorType !== '') return exchange.errorType;
    return exchange.status >= (this.#server ? 500 : 400) ? String(exchange.status) : undefined;
  }

  #putUrl(
    exchange: HttpExchange,
    target: Target,
    scheme: string,
    authority: Authority,
    route: Route | undefined,
  ): void {
    if (route !== undefined) {
      this.#put(this.#server ? semconv.HTTP_ROUTE : semconv.URL_TEMPLATE, route.route);
      if (route.overflow) this.#put(semconv.SONDE_ROUTE_OVERFLOW, true);
    }
    if (target.path !== '') {
      this.#put(semconv.URL_PATH, target.path);
      if (target.query !== '') this.#put(semconv.URL_QUERY, target.query);
      if (!this.#server && target.path !== '*') this.#put(semconv.URL_FULL, this.#url(target, scheme, authority));
    }
    if (exchange.targetCut) {
      const query = target.query !== '' || exchange.target.includes('?');
      exchange.truncate(query ? semconv.URL_QUERY.name : semconv.URL_PATH.name);
      if (!this.#server) exchange.truncate(semconv.URL_FULL.name);
    }
  }

  #url(target: Target, scheme: string, authority: Authority): string {
    if (target === this.#fullTarget && authority === this.#fullAuthority) return this.#full;
    const address = authority.address === '' ? this.#endpoint.address : authority.address;
    const port = authority.address === '' ? this.#endpoint.port : authority.port;
    const host = address.includes(':') ? `[${address}]` : address;
    const usual = port === 0 || port === (scheme === 'https' ? 443 : 80);
    const query = target.query === '' ? '' : `?${target.query}`;
    this.#full = `${scheme}://${host}${usual ? '' : `:${port}`}${target.path}${query}`;
    this.#fullTarget = target;
    this.#fullAuthority = authority;
    return this.#full;
  }

  #putServer(authority: Authority, scheme: string): void {
    const address = authority.address === '' ? this.#endpoint.address : authority.address;
    if (address === '') return;
    this.#put(semconv.SERVER_ADDRESS, address);
    const port = this.#port(authority, scheme);
    if (port > 0) this.#put(semconv.SERVER_PORT, port);
  }

  /** A name without a port means the scheme's. */
  #port(authority: Authority, scheme: string): number {
    if (authority.address === '') return this.#endpoint.port;
    return authority.port > 0 ? authority.port : scheme === 'https' ? 443 : 80;
  }

  #putMessages(exchange: HttpExchange): void {
    if (exchange.request.size >= 0) this.#put(semconv.HTTP_REQUEST_BODY_SIZE, exchange.request.size);
    const answered = exchange.status !== 0 && exchange.response.size >= 0;
    if (answered) this.#put(semconv.HTTP_RESPONSE_BODY_SIZE, exchange.response.size);
    for (let at = 0; at + 1 < exchange.headers.length; at += 2) {
      this.#put(exchange.headers[at] as AttributeKey, exchange.headers[at + 1] as string[]);
    }
    if (exchange.truncated.length > 0) this.#put(semconv.SONDE_TRUNCATED, [...exchange.truncated]);
    if (
      exchange.request.partial ||
      exchange.request.atLeast ||
      exchange.response.partial ||
      exchange.response.atLeast
    ) {
      this.#put(semconv.SONDE_PARTIAL, partialNames(exchange, answered));
    }
  }
}

function partialNames(exchange: HttpExchange, answered: boolean): string[] {
  const names: string[] = [];
  if (exchange.request.partial) names.push('http.request');
  if (exchange.request.atLeast && exchange.request.size >= 0) names.push(semconv.HTTP_REQUEST_BODY_SIZE.name);
  if (exchange.response.partial) names.push('http.response');
  if (exchange.response.atLeast && answered) names.push(semconv.HTTP_RESPONSE_BODY_SIZE.name);
  return names;
}

function spanName(method: string, route: Route | undefined): string {
  const shown = method === OTHER || method === '' ? 'HTTP' : method;
  if (route === undefined) return shown;
  let name = route.names.get(shown);
  if (name === undefined) {
    name = `${shown} ${route.route}`;
    route.names.set(shown, name);
  }
  return name;
}
