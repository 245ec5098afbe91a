/** The names of connections told as a whole, from the OpenTelemetry package where it has them. */
import {
  ATTR_NETWORK_IO_DIRECTION,
  ATTR_NETWORK_TYPE,
  ATTR_TLS_CIPHER,
  ATTR_TLS_ESTABLISHED,
  ATTR_TLS_NEXT_PROTOCOL,
  ATTR_TLS_PROTOCOL_NAME,
  ATTR_TLS_PROTOCOL_VERSION,
  ATTR_TLS_RESUMED,
} from '@opentelemetry/semantic-conventions/incubating';
import { AttributeKey } from './attribute.ts';

export const NETWORK_TYPE = AttributeKey.of(ATTR_NETWORK_TYPE);
/** `transmit` or `receive`. */
export const NETWORK_IO_DIRECTION = AttributeKey.of(ATTR_NETWORK_IO_DIRECTION);
export const TLS_CIPHER = AttributeKey.of(ATTR_TLS_CIPHER);
export const TLS_ESTABLISHED = AttributeKey.of(ATTR_TLS_ESTABLISHED);
export const TLS_NEXT_PROTOCOL = AttributeKey.of(ATTR_TLS_NEXT_PROTOCOL);
export const TLS_PROTOCOL_NAME = AttributeKey.of(ATTR_TLS_PROTOCOL_NAME);
export const TLS_PROTOCOL_VERSION = AttributeKey.of(ATTR_TLS_PROTOCOL_VERSION);
export const TLS_RESUMED = AttributeKey.of(ATTR_TLS_RESUMED);

/** `tls`, `unknown`, or the protocol that the connection was taken over from (`http1`: a WebSocket, say). */
export const SONDE_PROTOCOL = AttributeKey.of('sonde.protocol');
/** `client` or `server`: which end the service is. */
export const SONDE_CONNECTION_ROLE = AttributeKey.of('sonde.connection.role');
export const SONDE_CONNECTION_SENT = AttributeKey.of('sonde.connection.sent');
export const SONDE_CONNECTION_RECEIVED = AttributeKey.of('sonde.connection.received');
/** `finished`, `reset` or `timeout`. */
export const SONDE_CONNECTION_END = AttributeKey.of('sonde.connection.end');
/** ALPN names that the client offered: what the server chose is encrypted from TLS 1.3 on. */
export const SONDE_TLS_OFFERED = AttributeKey.of('sonde.tls.client.next_protocols');
/** The client hid its hello (or pretended to): the name that it asked for is not known. */
export const SONDE_TLS_ECH = AttributeKey.of('sonde.tls.client.encrypted_hello');
/** Names of alerts in the order in which they came; `encrypted` where only the length was to be seen. */
export const SONDE_TLS_CLIENT_ALERTS = AttributeKey.of('sonde.tls.client.alerts');
export const SONDE_TLS_SERVER_ALERTS = AttributeKey.of('sonde.tls.server.alerts');

export const metricNames = {
  duration: 'sonde.connection.duration',
  sent: 'sonde.connection.sent',
  received: 'sonde.connection.received',
  io: 'sonde.connection.io',
  errors: 'sonde.connection.errors',
  handshake: 'sonde.tls.handshake.duration',
} as const;
