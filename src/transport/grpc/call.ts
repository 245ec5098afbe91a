import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { Code } from '../rpc_status.ts';
import { decodeMessage } from './message.ts';

/** A call that did not end with OK. https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
export class RpcError extends Error {
  readonly code: number;
  /** Bytes of grpc-status-details-bin, a google.rpc.Status. */
  readonly details: Uint8Array | undefined;

  constructor(code: number, message: string, details?: Uint8Array) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.details = details;
  }
}

/** The only answer is an Export*ServiceResponse, which says why spans were rejected. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;
const CONNECTION_LOST = 'the connection was lost';

/** https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md */
const codeOfHttp: Readonly<Record<number, number>> = {
  400: Code.INTERNAL,
  401: Code.UNAUTHENTICATED,
  403: Code.PERMISSION_DENIED,
  404: Code.UNIMPLEMENTED,
  429: Code.UNAVAILABLE,
  502: Code.UNAVAILABLE,
  503: Code.UNAVAILABLE,
  504: Code.UNAVAILABLE,
};

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors */
const codeOfReset: Readonly<Record<number, number>> = {
  [constants.NGHTTP2_REFUSED_STREAM]: Code.UNAVAILABLE,
  [constants.NGHTTP2_CANCEL]: Code.CANCELLED,
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: Code.RESOURCE_EXHAUSTED,
  [constants.NGHTTP2_INADEQUATE_SECURITY]: Code.PERMISSION_DENIED,
};

/** One unary call with a framed message. Resolves to the response's message, rejects with RpcError. */
export function unaryCall(
  session: ClientHttp2Session | undefined,
  headers: OutgoingHttpHeaders,
  message: readonly Uint8Array[],
  abort: AbortSignal,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // It may have ended since it was chosen.
    if (session === undefined || session.closed || session.destroyed) {
      reject(new RpcError(Code.UNAVAILABLE, CONNECTION_LOST));
      return;
    }
    const stream = session.request(headers);
    const answer = new Answer();
    const cancel = (): void => stream.close(constants.NGHTTP2_CANCEL);
    abort.addEventListener('abort', cancel);
    let cause: Error | undefined;
    stream.on('error', (error: Error) => {
      cause = error;
    });
    stream.on('response', (response) => answer.head(response));
    stream.on('trailers', (trailers) => answer.trailers(trailers));
    stream.on('data', (chunk: Buffer) => {
      if (!answer.data(chunk)) cancel();
    });
    stream.once('close', () => {
      abort.removeEventListener('abort', cancel);
      const ended = answer.end() ?? cutOff(session, stream, cause);
      if (ended instanceof RpcError) reject(ended);
      else resolve(ended);
    });
    if (abort.aborted) cancel();
    stream.cork();
    for (const piece of message) stream.write(piece);
    stream.end();
    stream.uncork();
  });
}

/** A stream that ended without a status. */
function cutOff(session: ClientHttp2Session, stream: ClientHttp2Stream, cause: Error | undefined): RpcError {
  const lost = session.closed || session.destroyed;
  const reset = stream.rstCode;
  // Node resets the streams of a lost connection with CANCEL as well.
  const code = lost ? Code.UNAVAILABLE : (codeOfReset[reset] ?? Code.INTERNAL);
  const why = cause?.message ?? (lost ? CONNECTION_LOST : `the stream was reset with code ${reset}`);
  return new RpcError(code, why);
}

class Answer {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #status: RpcError | undefined;
  #ok = false;
  #encoding = 'identity';
  #tooLong = false;

  head(headers: IncomingHttpHeaders): void {
    if (headers['grpc-status'] !== undefined) {
      this.trailers(headers);
      return;
    }
    this.#encoding = String(headers['grpc-encoding'] ?? 'identity');
    const http = Number(headers[':status']);
    const type = headers['content-type'] ?? '';
    if (http === 200 && type.startsWith('application/grpc')) return;
    const text = `unexpected HTTP status ${http} with content-type "${type}"`;
    this.#status = new RpcError(codeOfHttp[http] ?? Code.UNKNOWN, text);
  }

  trailers(headers: IncomingHttpHeaders): void {
    const code = Number(headers['grpc-status'] ?? Number.NaN);
    if (code === Code.OK) {
      this.#ok = true;
      return;
    }
    const details = headers['grpc-status-details-bin'];
    this.#status ??= new RpcError(
      Number.isInteger(code) ? code : Code.UNKNOWN,
      percentDecode(String(headers['grpc-message'] ?? '')),
      typeof details === 'string' ? Buffer.from(details, 'base64') : undefined,
    );
  }

  /** False: it is too long, and nothing more is kept. */
  data(chunk: Buffer): boolean {
    this.#length += chunk.length;
    this.#tooLong ||= this.#length > MAX_RESPONSE_BYTES;
    if (!this.#tooLong) this.#chunks.push(chunk);
    return !this.#tooLong;
  }

  /** Undefined: no status came. */
  end(): Uint8Array | RpcError | undefined {
    if (this.#tooLong) return new RpcError(Code.RESOURCE_EXHAUSTED, 'the response is too long');
    if (this.#status !== undefined) return this.#status;
    if (!this.#ok) return undefined;
    return decodeMessage(Buffer.concat(this.#chunks), this.#encoding, MAX_RESPONSE_BYTES);
  }
}

/** Status-Message; what is not well formed stays as it is. */
function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
