import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { failResolving } from './problem.ts';
import { MAX_SOURCE_BYTES } from './read_file.ts';
import { hideInUrl } from './redact.ts';
import type { FetchNeeded } from './sources.ts';
import { systemRoots } from './system_roots.ts';

const FETCH_MS = 30_000;
/** As Go's client. */
const MAX_REDIRECTS = 10;

/** An answer that is none of a configuration. */
class Unexpected extends Error {}

/** The text of an `http:` or `https:` source. Texts of the Collector’s httpprovider. */
export async function fetchText(
  { uri, at }: FetchNeeded,
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs = FETCH_MS,
): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs);
  const shown = hideInUrl(uri);
  try {
    return await follow(uri, env, signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const timeout = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : reason;
    const message =
      error instanceof Unexpected
        ? `failed to load resource from uri "${shown}". ${reason}`
        : `unable to download the file via HTTP GET for uri "${shown}": ${timeout}`;
    failResolving(at, `cannot retrieve the configuration: ${message}`, remedyOf(error));
  }
}

async function follow(
  uri: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<string> {
  let url = new URL(uri);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await request(url, env, signal);
    const { statusCode: status = 0, headers } = response;
    if (status >= 300 && status < 400 && headers.location !== undefined) {
      response.resume();
      url = new URL(headers.location, url);
      continue;
    }
    if (status === 200) return text(response);
    response.resume();
    throw new Unexpected(`status code: ${status}`);
  }
  throw new Unexpected(`stopped after ${MAX_REDIRECTS} redirects`);
}

async function request(
  url: URL,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Unexpected(`redirect to ${url.protocol}`);
  return new Promise((resolve, reject) => {
    const outgoing =
      url.protocol === 'http:'
        ? httpGet(url, { signal, agent: false }, resolve)
        : httpsGet(url, { signal, agent: false, ca: [...systemRoots(env)] }, resolve);
    outgoing.on('error', reject);
  });
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response) {
    const bytes = chunk as Uint8Array;
    length += bytes.length;
    if (length > MAX_SOURCE_BYTES) throw new Unexpected(`more than ${MAX_SOURCE_BYTES} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const untrusted: readonly string[] = [
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

function remedyOf(error: unknown): string | undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (untrusted.includes(code)) return 'name the file of its certificate authority in SSL_CERT_FILE';
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND' ? 'is the address right, and is the server up?' : undefined;
}
