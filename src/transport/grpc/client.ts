import type { OutgoingHttpHeaders } from 'node:http2';
import { Code } from '../rpc_status.ts';
import { timerMs } from '../timer.ts';
import { RpcError } from './call.ts';
import { Channel } from './channel.ts';
import { encodeMessage, type Payload } from './message.ts';
import type { GrpcClientOptions } from './options.ts';

/** Largest value of `grpc-timeout`: eight digits. */
const MAX_TIMEOUT_MS = 99_999_999;

/** One unary method of one server, with messages of bytes. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export class GrpcClient {
  readonly #channel: Channel;
  readonly #headers: OutgoingHttpHeaders;
  readonly #options: GrpcClientOptions;

  constructor(options: GrpcClientOptions) {
    this.#options = options;
    this.#channel = new Channel(options);
    const { compression, headers, method, timeout, userAgent } = options;
    this.#headers = {
      ':method': 'POST',
      ':path': method,
      ':scheme': this.#channel.scheme,
      ':authority': this.#channel.authority,
      te: 'trailers',
      'content-type': 'application/grpc',
      'user-agent': userAgent,
      ...(compression === undefined ? {} : { 'grpc-encoding': compression }),
      ...(timeout > 0 ? { 'grpc-timeout': `${Math.ceil(Math.min(timeout, MAX_TIMEOUT_MS))}m` } : {}),
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => metadata(name, value))),
    };
  }

  /** Calls under way end first. */
  close(): void {
    this.#channel.close();
  }

  /** Resolves to the message of the response. Rejects with RpcError. */
  async send(payload: Payload, abort: AbortSignal): Promise<Uint8Array> {
    const { compression, timeout } = this.#options;
    const ending = new AbortController();
    const stop = (): void => ending.abort();
    abort.addEventListener('abort', stop);
    if (abort.aborted) stop();
    const timer = timeout > 0 ? setTimeout(stop, timerMs(timeout)) : undefined;
    try {
      const message = await encodeMessage(payload, compression);
      const connection = await this.#channel.pick(ending.signal);
      return await connection.call(this.#headers, message, ending.signal);
    } catch (error) {
      const late = ending.signal.aborted && !abort.aborted;
      throw late ? new RpcError(Code.DEADLINE_EXCEEDED, 'context deadline exceeded') : error;
    } finally {
      clearTimeout(timer);
      abort.removeEventListener('abort', stop);
    }
  }
}

/** Keys are lower case; values of `-bin` travel in base64. */
function metadata(name: string, value: string): readonly [string, string] {
  const key = name.toLowerCase();
  return [key, key.endsWith('-bin') ? Buffer.from(value).toString('base64') : value];
}
