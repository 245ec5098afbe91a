import type { IncomingHttpHeaders } from 'node:http';
import { context, propagation } from '@opentelemetry/api';

/** Spans that `work` makes are children of the sender's, where `service::telemetry::traces::propagators` reads its headers. */
export function withRemoteParent<Result>(headers: IncomingHttpHeaders, work: () => Result): Result {
  return context.with(propagation.extract(context.active(), headers), work);
}
