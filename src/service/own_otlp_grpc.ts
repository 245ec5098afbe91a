import type { Signal } from '../pdata/pdata.ts';
import { grpc } from '../transport/grpc.ts';
import { grpcMethods } from '../transport/signals.ts';
import { type OtlpSender, SendError, type SenderOptions } from './own_otlp.ts';

const { status } = grpc;
/** https://opentelemetry.io/docs/specs/otlp/#failures */
const retryable: readonly number[] = [
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
];
const identity = (bytes: Buffer): Buffer => bytes;

/** OTLP/gRPC; messages are bytes already. */
export class GrpcSender implements OtlpSender {
  readonly #client: InstanceType<typeof grpc.Client>;
  readonly #method: string;
  readonly #metadata = new grpc.Metadata();

  constructor({ url, headers, gzip, tls }: SenderOptions, signal: Signal) {
    this.#method = grpcMethods[signal];
    const credentials =
      url.protocol === 'http:'
        ? grpc.credentials.createInsecure()
        : grpc.credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
    const host = url.port === '' ? `${url.hostname}:${url.protocol === 'http:' ? 80 : 443}` : url.host;
    this.#client = new grpc.Client(host, credentials, {
      ...(gzip ? { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip } : {}),
    });
    for (const [name, value] of Object.entries(headers)) this.#metadata.set(name, value);
  }

  send(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      const call = this.#client.makeUnaryRequest(
        this.#method,
        identity,
        identity,
        bytes,
        this.#metadata,
        (error, answer) => {
          signal.removeEventListener('abort', cancel);
          if (error === null) resolve(answer ?? new Uint8Array(0));
          else reject(new SendError(`${this.#method}: ${error.message}`, retryable.includes(error.code)));
        },
      );
      const cancel = (): void => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
    });
  }

  close(): void {
    this.#client.close();
  }
}
