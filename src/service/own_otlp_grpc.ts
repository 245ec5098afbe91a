import type { Signal } from '../pdata/pdata.ts';
import { RpcError } from '../transport/grpc/call.ts';
import { GrpcClient } from '../transport/grpc/client.ts';
import { retryableCodes } from '../transport/rpc_status.ts';
import { grpcMethods } from '../transport/signals.ts';
import { VERSION } from '../version.ts';
import { type OtlpSender, SendError, type SenderOptions } from './own_otlp.ts';

/** OTLP/gRPC; messages are bytes already. */
export class GrpcSender implements OtlpSender {
  readonly #client: GrpcClient;
  readonly #method: string;

  constructor({ url, headers, gzip, tls }: SenderOptions, signal: Signal) {
    this.#method = grpcMethods[signal];
    const secure = url.protocol !== 'http:';
    this.#client = new GrpcClient({
      endpoint: url.port === '' ? `${url.hostname}:${secure ? 443 : 80}` : url.host,
      method: this.#method,
      tls: secure ? { context: tls, verify: true, serverName: '' } : undefined,
      userAgent: `sonde/${VERSION}`,
      headers,
      compression: gzip ? 'gzip' : undefined,
      timeout: 0,
    });
  }

  async send(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    try {
      const message = { chunks: [body], byteLength: body.length, bytes: () => body, gzip: undefined };
      return await this.#client.send(message, signal);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      throw new SendError(`${this.#method}: ${error.message}`, retryableCodes.includes(error.code));
    }
  }

  close(): void {
    this.#client.close();
  }
}
