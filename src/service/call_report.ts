import type { ComponentTelemetry, Histogram, MetricAttributes } from './component.ts';

// https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ and .../rpc/rpc-metrics/, as the Collector's servers and clients
// measure them: at level detailed.

const seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const common = { level: 'detailed', anonymous: true } as const;

function duration(telemetry: ComponentTelemetry, name: string, description: string): Histogram {
  return telemetry.histogram(name, { description, unit: 's', boundaries: seconds, ...common });
}

function size(telemetry: ComponentTelemetry, name: string, description: string): Histogram {
  return telemetry.histogram(name, { description, unit: 'By', ...common });
}

export interface HttpExchange {
  readonly method: string;
  /** What went wrong, if there is no status. */
  readonly status: number | string;
  readonly route?: string;
  /** `host:port` of the server. */
  readonly authority: string;
  readonly scheme: string;
  readonly version: string;
  /** Of performance.now(). */
  readonly began: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** Tells of one exchange; `enabled`: somebody reads it. */
export interface Report<Exchange> {
  readonly enabled: boolean;
  record(exchange: Exchange): void;
}

export function httpReport(telemetry: ComponentTelemetry, side: 'client' | 'server'): Report<HttpExchange> {
  const noun = `HTTP ${side}`;
  const time = duration(telemetry, `http.${side}.request.duration`, `Duration of ${noun} requests.`);
  const request = size(telemetry, `http.${side}.request.body.size`, `Size of ${noun} request bodies.`);
  const response =
    side === 'server'
      ? size(telemetry, `http.${side}.response.body.size`, `Size of ${noun} response bodies.`)
      : undefined;
  return {
    get enabled() {
      return time.enabled;
    },
    record: (exchange) => {
      const attributes = httpAttributes(exchange);
      time.record((performance.now() - exchange.began) / 1000, attributes);
      request.record(exchange.requestBytes, attributes);
      response?.record(exchange.responseBytes, attributes);
    },
  };
}

function httpAttributes({ method, status, route, authority, scheme, version }: HttpExchange): MetricAttributes {
  const [, host = authority, port] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
  return {
    'http.request.method': method,
    ...(typeof status === 'number' ? { 'http.response.status_code': status } : { 'error.type': status }),
    ...(route === undefined ? {} : { 'http.route': route }),
    'network.protocol.name': 'http',
    'network.protocol.version': version,
    'server.address': host.replace(/^\[(.*)\]$/, '$1'),
    ...(port === undefined ? {} : { 'server.port': Number(port) }),
    'url.scheme': scheme,
  };
}

export interface RpcExchange {
  /** With a slash before it, as in HTTP/2's path. */
  readonly method: string;
  /** Of google.rpc.Code, such as OK. */
  readonly code: string;
  readonly began: number;
}

/** `attributes`: of the server that a client calls. */
export function rpcReport(
  telemetry: ComponentTelemetry,
  side: 'client' | 'server',
  attributes: MetricAttributes = {},
): Report<RpcExchange> {
  const direction = side === 'server' ? 'incoming' : 'outgoing';
  const description = `Measures the duration of an ${direction} Remote Procedure Call (RPC).`;
  const time = duration(telemetry, `rpc.${side}.call.duration`, description);
  return {
    get enabled() {
      return time.enabled;
    },
    record: ({ method, code, began }) =>
      time.record((performance.now() - began) / 1000, {
        'rpc.method': method.slice(1),
        'rpc.response.status_code': code,
        'rpc.system.name': 'grpc',
        ...attributes,
      }),
  };
}
