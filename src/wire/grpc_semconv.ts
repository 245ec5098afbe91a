/**
 * The names of RPC spans and metrics: the stable conventions of package 1.45, in which `rpc.method` is the full name
 * (`package.Service/Method`, no `rpc.service`), `rpc.status_code` is the status as a string and `rpc.system` has become
 * `rpc.system.name`. Of messages they have no attribute, so their numbers are `sonde.*`.
 * https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
 */
import {
  ATTR_RPC_METHOD,
  ATTR_RPC_METHOD_ORIGINAL,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
  METRIC_RPC_CLIENT_CALL_DURATION,
  METRIC_RPC_SERVER_CALL_DURATION,
  RPC_SYSTEM_NAME_VALUE_GRPC,
} from '@opentelemetry/semantic-conventions/incubating';
import { AttributeKey } from './attribute.ts';

export const GRPC = RPC_SYSTEM_NAME_VALUE_GRPC;
export const RPC_SYSTEM_NAME = AttributeKey.of(ATTR_RPC_SYSTEM_NAME);
export const RPC_METHOD = AttributeKey.of(ATTR_RPC_METHOD);
export const RPC_METHOD_ORIGINAL = AttributeKey.of(ATTR_RPC_METHOD_ORIGINAL);
export const RPC_STATUS_CODE = AttributeKey.of(ATTR_RPC_STATUS_CODE);
/** Messages that passed in each direction. */
export const REQUEST_MESSAGES = AttributeKey.of('sonde.rpc.request.messages');
export const RESPONSE_MESSAGES = AttributeKey.of('sonde.rpc.response.messages');
/** How long the client was ready to wait, s. */
export const TIMEOUT = AttributeKey.of('sonde.rpc.timeout');

export const DURATION_METRICS = {
  client: METRIC_RPC_CLIENT_CALL_DURATION,
  server: METRIC_RPC_SERVER_CALL_DURATION,
} as const;
