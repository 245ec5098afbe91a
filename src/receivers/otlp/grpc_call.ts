import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Code, encodeStatus, type RpcStatus } from '../../transport/rpc_status.ts';
import { RequestError } from './answer.ts';
import { grpcEncodings } from './grpc_message.ts';

const CONTENT_TYPE = 'application/grpc';
/** Details travel in a header; longer ones are cut. */
const MAX_DETAILS = 1024;
/** A message of length 0: an Export*ServiceResponse without partial_success. */
const EMPTY_MESSAGE = Buffer.alloc(5);
const RESPONSE = { ':status': 200, 'content-type': CONTENT_TYPE } as const;
const OK = { 'grpc-status': '0' } as const;

/** Throws RequestError for what is not understood, before the message is read; returns the encoding of the message. */
export function checkHead(headers: IncomingHttpHeaders): string {
  const encoding = String(headers['grpc-encoding'] ?? 'identity');
  if (grpcEncodings.includes(encoding)) return encoding;
  const message = `grpc: Decompressor is not installed for grpc-encoding "${encoding}"`;
  throw new RequestError(501, Code.UNIMPLEMENTED, message);
}

/** As grpc-go says it. */
export function unknownMethod(path: string, services: readonly string[]): RequestError {
  const [, service = '', method = ''] = /^\/(.*)\/([^/]*)$/.exec(path) ?? [];
  const what =
    service === ''
      ? `malformed method name: "${path}"`
      : services.includes(service)
        ? `unknown method ${method} for service ${service}`
        : `unknown service ${service}`;
  return new RequestError(404, Code.UNIMPLEMENTED, what);
}

/** A request that is no gRPC is answered in HTTP: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export function refuseOtherHttp(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
  const { ':method': method, 'content-type': type = '' } = headers;
  const status = method !== 'POST' ? 405 : /^application\/grpc([;+]|$)/.test(type) ? 0 : 415;
  if (status === 0) return false;
  if (!isOver(stream)) stream.respond({ ':status': status }, { endStream: true });
  abandonRest(stream);
  return true;
}

export function answerOk(stream: ServerHttp2Stream): void {
  if (isOver(stream)) return;
  stream.respond(RESPONSE, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(OK));
  stream.end(EMPTY_MESSAGE);
}

/** Trailers only. */
export function answerError(stream: ServerHttp2Stream, status: RpcStatus): void {
  if (isOver(stream)) return;
  const { code, retryDelayMs } = status;
  const message = status.message.slice(0, MAX_DETAILS);
  stream.respond(
    {
      ...RESPONSE,
      'grpc-status': String(code),
      'grpc-message': percentEncode(message),
      ...(code === Code.UNIMPLEMENTED ? { 'grpc-accept-encoding': grpcEncodings.join(',') } : {}),
      ...(retryDelayMs === undefined
        ? {}
        : { 'grpc-status-details-bin': Buffer.from(encodeStatus({ ...status, message })).toString('base64') }),
    },
    { endStream: true },
  );
  abandonRest(stream);
}

/** Answered, or given up by the client: then Node would throw. */
function isOver(stream: ServerHttp2Stream): boolean {
  return stream.closed || stream.destroyed || stream.headersSent;
}

/** What the client still sends is not wanted: RFC 9113, 8.1. */
function abandonRest(stream: ServerHttp2Stream): void {
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}

/** Status-Message: everything but printable ASCII, and `%`, as UTF-8 in percent notation. */
function percentEncode(text: string): string {
  return text.replaceAll(/[^ -$&-~]+/gu, (run) =>
    Array.from(Buffer.from(run), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
