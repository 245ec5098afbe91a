import type { ServerHttp2Stream } from 'node:http2';
import { Code } from '../../transport/rpc_status.ts';
import { RequestError } from './answer.ts';
import { decodeBody } from './body.ts';
import type { HeldBody } from './held_bodies.ts';

/** Compressed-Flag and Message-Length: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const PREFIX_BYTES = 5;
/** What a message may be compressed with; the receiver has more over HTTP, gRPC's registry knows these. */
export const grpcEncodings: readonly string[] = ['identity', 'gzip', 'deflate', 'zstd', 'snappy'];

interface GrpcMessage {
  readonly bytes: Uint8Array;
  /** The payload as it came and its encoding, when that is not identity. */
  readonly payload: Buffer;
  readonly encoding: string;
}

/** The only message of a unary call, at most `limit` long as it comes and decompressed. Throws RequestError. */
export async function readMessage(
  stream: ServerHttp2Stream,
  encoding: string,
  limit: number,
  held: HeldBody,
): Promise<GrpcMessage> {
  const body = await readFrame(stream, limit, held);
  const payload = body.subarray(PREFIX_BYTES);
  if (body[0] === 0) return { bytes: payload, payload, encoding: 'identity' };
  if (encoding === 'identity') throw internal('compressed flag set with identity or empty encoding');
  const bytes = await decodeBody(encoding, payload, limit, held);
  return { bytes, payload, encoding };
}

function readFrame(stream: ServerHttp2Stream, limit: number, held: HeldBody): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    /** Prefix and message; known with the prefix. */
    let wanted = 0;
    const refuse = (error: unknown): void => {
      done();
      chunks.length = 0;
      stream.removeAllListeners('data');
      reject(error);
    };
    const done = held.reading(refuse);
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      try {
        held.hold(chunk.length);
        if (wanted === 0 && length >= PREFIX_BYTES) {
          const announced = prefix(chunks).readUInt32BE(1);
          if (announced > limit) throw tooLong(announced, limit);
          wanted = PREFIX_BYTES + announced;
        }
        if (wanted > 0 && length > wanted) throw internal('more than one message in a unary call');
      } catch (error) {
        refuse(error);
      }
    });
    stream.on('end', () => {
      done();
      if (wanted === 0 || length < wanted) refuse(internal('unexpected EOF'));
      else resolve(prefix(chunks, length));
    });
    stream.on('close', () => {
      // The client gave the call up, and hears no answer. An error costs its stack: none for each call.
      if (!stream.readableEnded) refuse(new RequestError(499, Code.CANCELLED, 'context canceled'));
    });
  });
}

/** Mostly one chunk is all. */
function prefix(chunks: Buffer[], length?: number): Buffer {
  const [first] = chunks;
  if (first !== undefined && (chunks.length === 1 || (length === undefined && first.length >= PREFIX_BYTES)))
    return first;
  return Buffer.concat(chunks, length);
}

function tooLong(length: number, limit: number): RequestError {
  const message = `grpc: received message larger than max (${length} vs. ${limit})`;
  return new RequestError(413, Code.RESOURCE_EXHAUSTED, message);
}

function internal(message: string): RequestError {
  return new RequestError(500, Code.INTERNAL, `grpc: ${message}`);
}
