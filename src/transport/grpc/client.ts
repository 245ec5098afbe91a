import { timerMs } from '../timer.ts';
import { type CallEnd, deadlineExceeded, UnseenError } from './call.ts';
import { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import { encodeMessage, type Payload } from './message.ts';
import type { GrpcClientOptions } from './options.ts';

/** Largest value of `grpc-timeout`: eight digits. */
const MAX_TIMEOUT_MS = 99_999_999;
/** Connections for one call, where one after the other ends before it was sent. */
const MAX_TRIES = 10;

/** One unary method of one server, with messages of bytes. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export class GrpcClient {
  readonly #channel: Channel;
  readonly #options: GrpcClientOptions;

  constructor(options: GrpcClientOptions) {
    this.#options = options;
    this.#channel = new Channel(options, metadataOf(options));
  }

  /** Calls under way end first. */
  close(): void {
    this.#channel.close();
  }

  /** Resolves to the message of the response. Rejects with RpcError. */
  async send(payload: Payload, abort: AbortSignal): Promise<Uint8Array> {
    const { compression, timeout } = this.#options;
    const due = timeout > 0 ? performance.now() + timeout : undefined;
    const message = await encodeMessage(payload, compression);
    const end = { abort, due };
    let refusals = 0;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#call(message, end);
      } catch (error) {
        // Mostly a connection that ends while it is used: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
        if (!(error instanceof UnseenError) || tries === MAX_TRIES) throw error;
        if (error.refused && ++refusals > 1) throw error;
      }
    }
  }

  async #call(message: readonly Uint8Array[], end: CallEnd): Promise<Uint8Array> {
    const connection = this.#channel.chosen() ?? (await this.#pick(end));
    return connection.call(message, end);
  }

  async #pick({ abort, due }: CallEnd): Promise<Connection> {
    const ending = new AbortController();
    const stop = (): void => ending.abort();
    abort.addEventListener('abort', stop);
    if (abort.aborted) stop();
    const timer = due === undefined ? undefined : setTimeout(stop, timerMs(due - performance.now()));
    try {
      return await this.#channel.pick(ending.signal);
    } catch (error) {
      throw ending.signal.aborted && !abort.aborted ? deadlineExceeded() : error;
    } finally {
      clearTimeout(timer);
      abort.removeEventListener('abort', stop);
    }
  }
}

/** What each call says beside the names of the server. */
function metadataOf({ compression, headers, method, timeout, userAgent }: GrpcClientOptions): Record<string, string> {
  return {
    ':method': 'POST',
    ':path': method,
    te: 'trailers',
    'content-type': 'application/grpc',
    'user-agent': userAgent,
    ...(compression === undefined ? {} : { 'grpc-encoding': compression }),
    ...(timeout > 0 ? { 'grpc-timeout': `${Math.ceil(Math.min(timeout, MAX_TIMEOUT_MS))}m` } : {}),
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => metadata(name, value))),
  };
}

/** Keys are lower case; values of `-bin` travel in base64. */
function metadata(name: string, value: string): readonly [string, string] {
  const key = name.toLowerCase();
  return [key, key.endsWith('-bin') ? Buffer.from(value).toString('base64') : value];
}
