import type { ClientSession } from '../http2/client_session.ts';
import type { ResponseSink, StreamEnd } from '../http2/client_stream.ts';
import { ErrorCode } from '../http2/frames.ts';
import type { HeaderFields } from '../http2/header_blocks.ts';
import { Code } from '../rpc_status.ts';
import { timerMs } from '../timer.ts';
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

/** The server has not looked at the call: it can be made again at once. */
export class UnseenError extends RpcError {
  /** The server has refused it; else it was never sent. */
  readonly refused: boolean;

  constructor(message: string, refused: boolean) {
    super(Code.UNAVAILABLE, message);
    this.refused = refused;
  }
}

/** The only answer is an Export*ServiceResponse, which says why spans were rejected. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;
const CONNECTION_LOST = 'the connection was lost';

/** Fields of an answer that are looked at. */
export const RESPONSE_FIELDS: readonly string[] = [
  ':status',
  'content-type',
  'grpc-encoding',
  'grpc-status',
  'grpc-message',
  'grpc-status-details-bin',
];

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
  [ErrorCode.CANCEL]: Code.CANCELLED,
  [ErrorCode.ENHANCE_YOUR_CALM]: Code.RESOURCE_EXHAUSTED,
  [ErrorCode.INADEQUATE_SECURITY]: Code.PERMISSION_DENIED,
};

/** What may end a call before its answer: `abort`, or that `due` of performance.now() has come. */
export interface CallEnd {
  readonly abort: AbortSignal;
  readonly due: number | undefined;
}

/** One unary call with a framed message. Resolves to the response's message, rejects with RpcError. */
export function unaryCall(
  session: ClientSession | undefined,
  message: readonly Uint8Array[],
  { abort, due }: CallEnd,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // It may have ended since it was chosen.
    if (session?.open !== true) {
      reject(new UnseenError(CONNECTION_LOST, false));
      return;
    }
    let late = false;
    const answer = new Answer((outcome) => {
      clearTimeout(timer);
      abort.removeEventListener('abort', cancel);
      if (!(outcome instanceof RpcError)) resolve(outcome);
      else reject(late ? deadlineExceeded() : outcome);
    });
    const stream = session.request(message, answer);
    const cancel = (): void => session.cancel(stream);
    const expire = (): void => {
      late = true;
      cancel();
    };
    const timer = due === undefined ? undefined : setTimeout(expire, timerMs(due - performance.now()));
    abort.addEventListener('abort', cancel);
    if (abort.aborted) cancel();
  });
}

export function deadlineExceeded(): RpcError {
  return new RpcError(Code.DEADLINE_EXCEEDED, 'context deadline exceeded');
}

class Answer implements ResponseSink {
  readonly #settle: (outcome: Uint8Array | RpcError) => void;
  /** The first `#length` bytes came. In one piece: as many frames as bytes would be many times as much memory. */
  #body = Buffer.alloc(0);
  #length = 0;
  #status: RpcError | undefined;
  #ok = false;
  #encoding = 'identity';
  #tooLong = false;

  constructor(settle: (outcome: Uint8Array | RpcError) => void) {
    this.#settle = settle;
  }

  head(fields: HeaderFields): void {
    if (fields.has('grpc-status')) {
      this.trailers(fields);
      return;
    }
    this.#encoding = fields.get('grpc-encoding') ?? 'identity';
    const http = Number(fields.get(':status'));
    const type = fields.get('content-type') ?? '';
    if (http === 200 && type.startsWith('application/grpc')) return;
    const text = `unexpected HTTP status ${http} with content-type "${type}"`;
    this.#status = new RpcError(codeOfHttp[http] ?? Code.UNKNOWN, text);
  }

  trailers(fields: HeaderFields): void {
    const code = Number(fields.get('grpc-status') ?? Number.NaN);
    if (code === Code.OK) {
      this.#ok = true;
      return;
    }
    const details = fields.get('grpc-status-details-bin');
    this.#status ??= new RpcError(
      Number.isInteger(code) ? code : Code.UNKNOWN,
      percentDecode(fields.get('grpc-message') ?? ''),
      details === undefined ? undefined : Buffer.from(details, 'base64'),
    );
  }

  data(bytes: Uint8Array): boolean {
    const length = this.#length + bytes.length;
    this.#tooLong ||= length > MAX_RESPONSE_BYTES;
    if (this.#tooLong) return false;
    if (length > this.#body.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#body.length));
      this.#body.copy(larger, 0, 0, this.#length);
      this.#body = larger;
    }
    this.#body.set(bytes, this.#length);
    this.#length = length;
    return true;
  }

  closed(end: StreamEnd): void {
    this.#settle(this.#outcome() ?? cutOff(end));
  }

  /** Undefined: no status came. */
  #outcome(): Uint8Array | RpcError | undefined {
    if (this.#tooLong) return new RpcError(Code.RESOURCE_EXHAUSTED, 'the response is too long');
    if (this.#status !== undefined) return this.#status;
    if (!this.#ok) return undefined;
    return decodeMessage(this.#body.subarray(0, this.#length), this.#encoding, MAX_RESPONSE_BYTES);
  }
}

/** A stream that ended without a status. */
function cutOff({ reset, lost, unsent = false }: StreamEnd): RpcError {
  if (lost !== undefined) return new RpcError(Code.UNAVAILABLE, `${CONNECTION_LOST}: ${lost.message}`);
  if (reset === undefined) return new RpcError(Code.INTERNAL, 'the answer ended without a status');
  const text = `the stream was reset with code ${reset}`;
  return reset === ErrorCode.REFUSED_STREAM
    ? new UnseenError(text, !unsent)
    : new RpcError(codeOfReset[reset] ?? Code.INTERNAL, text);
}

/** Status-Message; what is not well formed stays as it is. */
function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
