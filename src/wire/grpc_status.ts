/**
 * The status of a call: https://grpc.github.io/grpc/core/md_doc_statuscodes.html
 *
 * A stream that was reset has one, too, which both libraries tell their application: "Errors" in
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
import type { Http2Stream } from './http2_stream.ts';

const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
const CANCEL = 8;
/** By the code of RST_STREAM. */
const RESET: Readonly<Record<number, string>> = {
  0: 'INTERNAL',
  1: 'INTERNAL',
  2: 'INTERNAL',
  3: 'INTERNAL',
  4: 'INTERNAL',
  6: 'INTERNAL',
  7: 'UNAVAILABLE',
  [CANCEL]: 'CANCELLED',
  9: 'INTERNAL',
  10: 'INTERNAL',
  11: 'RESOURCE_EXHAUSTED',
  12: 'PERMISSION_DENIED',
};
/** Who cancels when so much of the deadline has passed does so for it: the client's clock runs before the request is sent. */
const DEADLINE_PART = 0.9;

/** '': there is none. A status that nobody has defined is told by its number. */
export function statusOf(call: Http2Stream): string {
  const { grpcStatus, resetCode, exchange } = call;
  if (grpcStatus >= 0) return NAMES[grpcStatus] ?? String(grpcStatus);
  if (resetCode < 0 || exchange.response.done) return '';
  const passed = (exchange.response.last - exchange.start) / 1e9;
  if (resetCode === CANCEL && passed >= call.timeout * DEADLINE_PART) return 'DEADLINE_EXCEEDED';
  return RESET[resetCode] ?? '';
}
