import * as grpc from '@grpc/grpc-js';
import type { Signal } from '../../src/pdata/pdata.ts';
import { signals } from '../../src/pdata/pdata.ts';
import { grpcMethods } from '../../src/transport/signals.ts';

export interface GrpcReceived {
  readonly signal: Signal;
  readonly metadata: grpc.Metadata;
  readonly body: Buffer;
  readonly at: number;
  readonly encoding: string;
}

type Answer = (reply: grpc.sendUnaryData<Buffer>) => void;
const identity = (bytes: Buffer): Buffer => bytes;

/** An upstream that answers as the test says: one answer per request, the last one for all that follow. */
export class GrpcSink {
  readonly received: GrpcReceived[] = [];
  answers: Answer[] = [accepted()];
  port = 0;
  readonly #server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });

  async listen(credentials = grpc.ServerCredentials.createInsecure(), port = 0): Promise<string> {
    for (const signal of signals) {
      const path = grpcMethods[signal];
      const definition = {
        export: {
          path,
          requestStream: false,
          responseStream: false,
          requestSerialize: identity,
          requestDeserialize: identity,
          responseSerialize: identity,
          responseDeserialize: identity,
        },
      };
      const handler: grpc.handleUnaryCall<Buffer, Buffer> = ({ metadata, request }, reply) => {
        const encoding = String(metadata.get('grpc-encoding')[0] ?? '');
        this.received.push({ signal, metadata, body: request, at: performance.now(), encoding });
        const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
        answer?.(reply);
      };
      this.#server.addService(definition, { export: handler as grpc.UntypedHandleCall });
    }
    this.port = await new Promise((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return `127.0.0.1:${this.port}`;
  }

  close(): void {
    this.#server.forceShutdown();
  }
}

export function accepted(body: Uint8Array = new Uint8Array(0)): Answer {
  return (reply) => reply(null, Buffer.from(body));
}
export function refused(code: grpc.status, details = 'because', status?: Uint8Array): Answer {
  return (reply) => {
    const metadata = new grpc.Metadata();
    if (status !== undefined) metadata.set('grpc-status-details-bin', Buffer.from(status));
    reply({ code, details, metadata });
  };
}
export const silent: Answer = () => undefined;
