import type { OtlpTarget } from '../config/telemetry.ts';
import type { Logger } from './component.ts';

export interface OtlpOptions {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly timeoutMillis: number;
}

/** The declarative configuration's keys as OpenTelemetry JS has them. `path`: of the signal. */
export function otlpOptions(config: OtlpTarget, path: string, logger: Logger): OtlpOptions {
  const { protocol, endpoint, timeout, insecure } = config;
  if (protocol.startsWith('grpc')) {
    logger.warn('own telemetry leaves by OTLP/HTTP; the protocol of the reader is not available', { protocol });
  }
  const base = /^https?:\/\//.test(endpoint)
    ? endpoint
    : `${insecure ? 'http' : 'https'}://${endpoint || 'localhost:4318'}`;
  const url = new URL(base);
  if (url.pathname === '/' || url.pathname === '') url.pathname = `/${path}`;
  return { url: url.href, headers: headersOf(config), timeoutMillis: timeout };
}

function headersOf({ headers, headers_list: list }: OtlpTarget): Record<string, string> {
  const result: Record<string, string> = {};
  for (const pair of list.split(',')) {
    const equal = pair.indexOf('=');
    if (equal > 0) result[pair.slice(0, equal).trim()] = decodeURIComponent(pair.slice(equal + 1).trim());
  }
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

/** The SDK tries again and again; own telemetry must not hold up the end of the process for longer than this. */
const CLOSE_MS = 2000;

/** Resolves with the work, or at the deadline (ms of performance.now()). */
export async function withinTime(work: Promise<void>, deadline: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(CLOSE_MS, Math.max(0, deadline - performance.now())));
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
