/**
 * The names that decoders write, as attribute keys. Taken from the OpenTelemetry package, so that a name cannot be
 * misspelt; `sonde.*` is ours. `incubating` repeats the stable names.
 */
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_CLIENT_PORT,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_BODY_SIZE,
  ATTR_HTTP_REQUEST_HEADER,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_BODY_SIZE,
  ATTR_HTTP_RESPONSE_HEADER,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_LOCAL_ADDRESS,
  ATTR_NETWORK_LOCAL_PORT,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_NETWORK_TRANSPORT,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
  ATTR_URL_PATH,
  ATTR_URL_QUERY,
  ATTR_URL_SCHEME,
  ATTR_URL_TEMPLATE,
  ATTR_USER_AGENT_ORIGINAL,
  METRIC_HTTP_CLIENT_REQUEST_BODY_SIZE,
  METRIC_HTTP_CLIENT_REQUEST_DURATION,
  METRIC_HTTP_CLIENT_RESPONSE_BODY_SIZE,
  METRIC_HTTP_SERVER_REQUEST_BODY_SIZE,
  METRIC_HTTP_SERVER_REQUEST_DURATION,
  METRIC_HTTP_SERVER_RESPONSE_BODY_SIZE,
} from '@opentelemetry/semantic-conventions/incubating';
import { AttributeKey } from './attribute.ts';

export const CLIENT_ADDRESS = AttributeKey.of(ATTR_CLIENT_ADDRESS);
export const CLIENT_PORT = AttributeKey.of(ATTR_CLIENT_PORT);
export const ERROR_TYPE = AttributeKey.of(ATTR_ERROR_TYPE);
export const HTTP_REQUEST_BODY_SIZE = AttributeKey.of(ATTR_HTTP_REQUEST_BODY_SIZE);
export const HTTP_REQUEST_METHOD = AttributeKey.of(ATTR_HTTP_REQUEST_METHOD);
export const HTTP_REQUEST_METHOD_ORIGINAL = AttributeKey.of(ATTR_HTTP_REQUEST_METHOD_ORIGINAL);
export const HTTP_RESPONSE_BODY_SIZE = AttributeKey.of(ATTR_HTTP_RESPONSE_BODY_SIZE);
export const HTTP_RESPONSE_STATUS_CODE = AttributeKey.of(ATTR_HTTP_RESPONSE_STATUS_CODE);
export const HTTP_ROUTE = AttributeKey.of(ATTR_HTTP_ROUTE);
export const NETWORK_LOCAL_ADDRESS = AttributeKey.of(ATTR_NETWORK_LOCAL_ADDRESS);
export const NETWORK_LOCAL_PORT = AttributeKey.of(ATTR_NETWORK_LOCAL_PORT);
export const NETWORK_PEER_ADDRESS = AttributeKey.of(ATTR_NETWORK_PEER_ADDRESS);
export const NETWORK_PEER_PORT = AttributeKey.of(ATTR_NETWORK_PEER_PORT);
export const NETWORK_PROTOCOL_VERSION = AttributeKey.of(ATTR_NETWORK_PROTOCOL_VERSION);
export const NETWORK_TRANSPORT = AttributeKey.of(ATTR_NETWORK_TRANSPORT);
export const SERVER_ADDRESS = AttributeKey.of(ATTR_SERVER_ADDRESS);
export const SERVER_PORT = AttributeKey.of(ATTR_SERVER_PORT);
export const URL_FULL = AttributeKey.of(ATTR_URL_FULL);
export const URL_PATH = AttributeKey.of(ATTR_URL_PATH);
export const URL_QUERY = AttributeKey.of(ATTR_URL_QUERY);
export const URL_SCHEME = AttributeKey.of(ATTR_URL_SCHEME);
export const URL_TEMPLATE = AttributeKey.of(ATTR_URL_TEMPLATE);
export const USER_AGENT_ORIGINAL = AttributeKey.of(ATTR_USER_AGENT_ORIGINAL);

/** Attributes whose value was cut: what stands there is the beginning of the truth. */
export const SONDE_TRUNCATED = AttributeKey.of('sonde.truncated');
/**
 * What was not wholly seen (lost records, capture limits): a `*.body.size` named here is "at least"; `http.request`
 * and `http.response` mean that the message, or the rest of it, is unknown.
 */
export const SONDE_PARTIAL = AttributeKey.of('sonde.partial');
/** True when the bound on distinct routes was reached, and the route says less than it could. */
export const SONDE_ROUTE_OVERFLOW = AttributeKey.of('sonde.route.overflow');

export const requestHeader = (name: string): AttributeKey => AttributeKey.of(ATTR_HTTP_REQUEST_HEADER(name));
export const responseHeader = (name: string): AttributeKey => AttributeKey.of(ATTR_HTTP_RESPONSE_HEADER(name));

export const metricNames = {
  client: {
    duration: METRIC_HTTP_CLIENT_REQUEST_DURATION,
    requestSize: METRIC_HTTP_CLIENT_REQUEST_BODY_SIZE,
    responseSize: METRIC_HTTP_CLIENT_RESPONSE_BODY_SIZE,
  },
  server: {
    duration: METRIC_HTTP_SERVER_REQUEST_DURATION,
    requestSize: METRIC_HTTP_SERVER_REQUEST_BODY_SIZE,
    responseSize: METRIC_HTTP_SERVER_RESPONSE_BODY_SIZE,
  },
} as const;
