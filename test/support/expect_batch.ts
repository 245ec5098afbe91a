import { expect } from '@jest/globals';
import { type Batch, pathPrefix } from './clients.ts';
import type { Span } from './otlp.ts';
import type { LoggedRequest, Server } from './servers.ts';

export interface Expected {
  readonly status: number;
  /** Bytes of the answer's body. */
  readonly responseBytes: number;
}

/** Spans of the batch at this server's own socket: a proxy passes the same path and Host on to another one. */
export const spansOfBatch = (spans: readonly Span[], batch: Batch, kind: Span['kind'], port: number): Span[] =>
  spans.filter(({ attributes, kind: own }) => {
    const unix = attributes['network.transport'] === 'unix';
    const socket = attributes[kind === 'server' ? 'network.local.port' : 'network.peer.port'];
    return (
      own === kind &&
      String(attributes['url.path']).startsWith(pathPrefix(batch)) &&
      (batch.address === 'unix' ? unix : socket === port)
    );
  });

const byPath = (a: Span, b: Span): number =>
  String(a.attributes['url.path']).localeCompare(String(b.attributes['url.path']), 'en', { numeric: true });

/** Exactly one span of this kind for each request of the batch, and all of it right. */
export function expectBatch(
  spans: readonly Span[],
  kind: 'server' | 'client',
  server: Server,
  batch: Batch,
  expected: Expected,
): void {
  const found = spansOfBatch(spans, batch, kind, server.port).sort(byPath);
  const summary = found.map(({ name, attributes }) => ({ name: name.split(' ')[0], ...messageOf(attributes) }));
  const method = batch.method ?? 'GET';
  expect(summary).toEqual(
    Array.from({ length: batch.count }, (_, index) => ({
      name: method,
      method,
      path: `${pathPrefix(batch)}${index + 1}`,
      scheme: 'http',
      status: expected.status,
      requestBytes: batch.bodyBytes ?? 0,
      responseBytes: expected.responseBytes,
      // HTTP clients are at fault for 4xx, servers are not.
      error: kind === 'client' && expected.status >= 400 ? String(expected.status) : undefined,
    })),
  );
  for (const span of found) expectPeer(span, kind, server, batch);
}

function messageOf(attributes: Span['attributes']): Readonly<Record<string, unknown>> {
  return {
    method: attributes['http.request.method'],
    path: attributes['url.path'],
    scheme: attributes['url.scheme'],
    status: attributes['http.response.status_code'],
    requestBytes: attributes['http.request.body.size'] ?? 0,
    responseBytes: attributes['http.response.body.size'] ?? 0,
    error: attributes['error.type'],
  };
}

function expectPeer({ attributes, seconds }: Span, kind: 'server' | 'client', server: Server, batch: Batch): void {
  expect(seconds).toBeGreaterThan(0);
  if (batch.address === 'unix') {
    expect(attributes['network.transport']).toBe('unix');
    return;
  }
  const address = batch.address === 'ipv6' ? '::1' : '127.0.0.1';
  const port = kind === 'client' ? server.port : attributes['client.port'];
  expect(attributes).toMatchObject({
    'server.address': address,
    'server.port': server.port,
    'network.peer.address': address,
    'network.peer.port': port,
  });
  expect(port).toBeGreaterThan(0);
}

/** A request's two spans must name the same connection, seen from its two ends. */
export function expectSameConnections(spans: readonly Span[], server: Server, batch: Batch): void {
  const portOf = (kind: 'server' | 'client', key: string): Map<unknown, unknown> =>
    new Map(
      spansOfBatch(spans, batch, kind, server.port).map(({ attributes }) => [attributes['url.path'], attributes[key]]),
    );
  expect(portOf('server', 'network.peer.port')).toEqual(portOf('client', 'network.local.port'));
}

/** How far each span is from the server's own log, in seconds, less what the log's clock cannot tell. */
export function differences(spans: readonly Span[], log: readonly LoggedRequest[]): number[] {
  const seconds = new Map(spans.map((span) => [String(span.attributes['url.path']), span.seconds]));
  return log.flatMap(({ path, seconds: logged, resolution }) => {
    const seen = seconds.get(path);
    return seen === undefined ? [] : [Math.max(0, Math.abs(seen - logged) - resolution)];
  });
}
