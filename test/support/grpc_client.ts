import * as grpc from '@grpc/grpc-js';

export interface GrpcAnswer {
  readonly code: number;
  readonly details: string;
  readonly metadata: grpc.Metadata | undefined;
  readonly body: Buffer | undefined;
}

const identity = (bytes: Buffer): Buffer => bytes;

/** One unary call with raw bytes over its own connection. */
export async function call(
  target: string,
  method: string,
  body: Uint8Array,
  options: grpc.ClientOptions & { readonly credentials?: grpc.ChannelCredentials } = {},
): Promise<GrpcAnswer> {
  const { credentials = grpc.credentials.createInsecure(), ...rest } = options;
  const client = new grpc.Client(target, credentials, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_send_message_length': -1,
    ...rest,
  });
  try {
    return await new Promise((resolve) => {
      client.makeUnaryRequest(
        method,
        identity,
        identity,
        Buffer.from(body),
        { deadline: Date.now() + 60_000 } as grpc.CallOptions,
        (error, value) => {
          resolve({
            code: error?.code ?? 0,
            details: error?.details ?? '',
            metadata: error?.metadata,
            body: value,
          });
        },
      );
    });
  } finally {
    client.close();
  }
}
