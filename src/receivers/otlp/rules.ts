import { refuseExtensions } from '../../transport/extension_keys.ts';
import { parseListen } from '../../transport/listen.ts';
import { validateTls } from '../../transport/tls_schema.ts';
import { encodings, type GrpcConfig, type HttpConfig, type OtlpReceiverConfig } from './config.ts';

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
  readonly remedy?: string;
}

/** The protocols that are on. */
export function enabledProtocols(config: OtlpReceiverConfig): {
  readonly grpc: GrpcConfig | undefined;
  readonly http: HttpConfig | undefined;
} {
  const { grpc: byGrpc, http: byHttp } = config.protocols;
  return {
    grpc: byGrpc?.enabled === true ? byGrpc : undefined,
    http: byHttp?.enabled === true ? byHttp : undefined,
  };
}

export function validate(config: OtlpReceiverConfig): Problem[] {
  const protocols = enabledProtocols(config);
  if (protocols.grpc === undefined && protocols.http === undefined) {
    const message = 'must specify at least one protocol when using the OTLP receiver';
    return [{ path: [], message, remedy: 'write `grpc:` or `http:` below `protocols:`' }];
  }
  return [
    ...(protocols.grpc === undefined ? [] : validateGrpc(protocols.grpc)),
    ...(protocols.http === undefined ? [] : validateHttp(protocols.http)),
  ];
}

function validateGrpc(config: GrpcConfig): Problem[] {
  const path = ['protocols', 'grpc'];
  const problems = validateListener(config, path);
  const { max_recv_msg_size_mib: max } = config;
  if (max < 0 || max > 2047) {
    problems.push({
      path: [...path, 'max_recv_msg_size_mib'],
      message: `invalid max_recv_msg_size_mib value, must be between 1 and 2047: ${max}`,
    });
  }
  for (const key of ['read_buffer_size', 'write_buffer_size'] as const) {
    if (config[key] < 0) problems.push({ path: [...path, key], message: `invalid ${key} value: ${config[key]}` });
  }
  return problems;
}

function validateHttp(config: HttpConfig): Problem[] {
  const path = ['protocols', 'http'];
  const problems = validateListener(config, path);
  for (const key of ['traces_url_path', 'metrics_url_path', 'logs_url_path'] as const) {
    if (urlPath(config[key]) !== undefined) continue;
    problems.push({
      path: [...path, key],
      message: `invalid HTTP URL path set for signal: parse "${config[key]}": missing protocol scheme`,
    });
  }
  config.compression_algorithms.forEach((name, i) => {
    if ((encodings as readonly string[]).includes(name)) return;
    problems.push({
      path: [...path, 'compression_algorithms', String(i)],
      message: `unsupported compression algorithm "${name}"; supported: ${encodings.slice(1).join(', ')} and ""`,
    });
  });
  return problems;
}

function validateListener(config: GrpcConfig | HttpConfig, path: readonly string[]): Problem[] {
  const where = config.transport === 'unix' ? undefined : parseListen(config.endpoint);
  return [
    ...(typeof where === 'string' ? [{ path: [...path, 'endpoint'], message: where }] : []),
    ...(config.tls === undefined ? [] : validateTls(config.tls, [...path, 'tls'], true)),
    ...refuseExtensions(config, path, 'use tls::client_ca_file'),
  ];
}

/** Absolute; undefined: it cannot be one. Go reads `:x` as a URL without a scheme. */
export function urlPath(text: string): string | undefined {
  if (text.startsWith(':')) return undefined;
  const [path = ''] = text.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').split(/[?#]/);
  return path.startsWith('/') ? path : `/${path}`;
}
