import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpConfig } from './config.ts';

const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS'];

/** Cross-origin requests as github.com/rs/cors answers them, which the Collector uses. */
export class Cors {
  readonly #all: boolean;
  readonly #origins: readonly (readonly [string, string | undefined])[];
  readonly #allHeaders: boolean;
  readonly #headers: readonly string[];
  readonly #exposed: string;
  readonly #maxAge: number;

  constructor(config: NonNullable<HttpConfig['cors']>) {
    const { allowed_origins: origins, allowed_headers: headers, exposed_headers: exposed } = config;
    this.#all = origins.includes('*');
    this.#origins = origins.map((origin) => {
      const lower = origin.toLowerCase();
      const star = lower.indexOf('*');
      return star < 0 ? [lower, undefined] : [lower.slice(0, star), lower.slice(star + 1)];
    });
    this.#allHeaders = headers.includes('*');
    const allowed = headers.length === 0 ? ['accept', 'content-type', 'x-requested-with'] : headers;
    this.#headers = allowed.map((header) => header.toLowerCase());
    this.#exposed = exposed.map(canonical).join(', ');
    this.#maxAge = config.max_age;
  }

  /** Sets headers; true: it was a preflight and is answered. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const wanted = header(request, 'access-control-request-method');
    if (request.method === 'OPTIONS' && wanted !== '') {
      this.#preflight(request, response, wanted);
      response.writeHead(204).end();
      return true;
    }
    response.setHeader('Vary', 'Origin');
    const origin = header(request, 'origin');
    if (origin === '' || !this.#allowed(origin) || !METHODS.includes(request.method ?? '')) return false;
    response.setHeader('Access-Control-Allow-Origin', this.#all ? '*' : origin);
    if (this.#exposed !== '') response.setHeader('Access-Control-Expose-Headers', this.#exposed);
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    return false;
  }

  #preflight(request: IncomingMessage, response: ServerResponse, wanted: string): void {
    response.setHeader('Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers');
    const origin = header(request, 'origin');
    if (origin === '' || !this.#allowed(origin) || !METHODS.includes(wanted)) return;
    const asked = header(request, 'access-control-request-headers');
    const names = asked
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== '');
    if (!this.#allHeaders && !names.every((name) => this.#headers.includes(name))) return;
    response.setHeader('Access-Control-Allow-Origin', this.#all ? '*' : origin);
    response.setHeader('Access-Control-Allow-Methods', wanted);
    if (asked !== '') response.setHeader('Access-Control-Allow-Headers', asked);
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    if (this.#maxAge !== 0) response.setHeader('Access-Control-Max-Age', String(Math.max(0, this.#maxAge)));
  }

  #allowed(origin: string): boolean {
    const lower = origin.toLowerCase();
    return (
      this.#all ||
      this.#origins.some(([start, end]) =>
        end === undefined
          ? lower === start
          : lower.length >= start.length + end.length && lower.startsWith(start) && lower.endsWith(end),
      )
    );
  }
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : (value ?? '');
}

function canonical(name: string): string {
  return name.toLowerCase().replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
