import { readFileSync } from 'node:fs';
import type { OtlpTarget } from '../config/telemetry.ts';
import { otlpUrl } from '../config/telemetry_rules.ts';
import type { Signal } from '../pdata/pdata.ts';
import { httpPaths } from '../transport/signals.ts';
import { pairs } from './own_resource.ts';

/** One request, as bytes. Rejects with a `SendError`. */
export interface OtlpSender {
  send(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  close(): void;
}

export class SendError extends Error {
  readonly retryable: boolean;

  constructor(message: string, retryable: boolean) {
    super(message);
    this.name = 'SendError';
    this.retryable = retryable;
  }
}

export interface SenderOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly gzip: boolean;
  readonly contentType: string;
  /** PEM. */
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

export function senderOptions(config: OtlpTarget, signal: Signal): SenderOptions {
  const { protocol, endpoint, insecure, certificate, client_certificate: cert, client_key: key } = config;
  const grpc = protocol === 'grpc';
  const url = new URL(otlpUrl(endpoint || `localhost:${grpc ? 4317 : 4318}`, insecure));
  if (!grpc && (url.pathname === '/' || url.pathname === '')) url.pathname = httpPaths[signal];
  return {
    url,
    headers: headersOf(config),
    gzip: config.compression === 'gzip',
    contentType: protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
    tls: {
      ...(certificate === '' ? {} : { ca: readFileSync(certificate) }),
      ...(cert === '' ? {} : { cert: readFileSync(cert) }),
      ...(key === '' ? {} : { key: readFileSync(key) }),
    },
  };
}

/** Reads the files of TLS: throws when one cannot be read. */
export async function openSender(config: OtlpTarget, signal: Signal): Promise<OtlpSender> {
  const options = senderOptions(config, signal);
  if (config.protocol === 'grpc') {
    const { GrpcSender } = await import('./own_otlp_grpc.ts');
    return new GrpcSender(options, signal);
  }
  const { HttpSender } = await import('./own_otlp_http.ts');
  return new HttpSender(options);
}

/** Of the list and the map, the map wins. */
function headersOf({ headers, headers_list: list }: OtlpTarget): Record<string, string> {
  const result: Record<string, string> = Object.fromEntries(pairs(list));
  if (Array.isArray(headers)) {
    for (const each of headers as unknown[]) {
      const { name, value } = (each ?? {}) as { readonly name?: unknown; readonly value?: unknown };
      if (typeof name === 'string') result[name] = String(value ?? '');
    }
  } else if (typeof headers === 'object' && headers !== null) {
    for (const [name, value] of Object.entries(headers)) result[name] = String(value);
  }
  return result;
}
