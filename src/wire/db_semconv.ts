/** The names of database operations, from the OpenTelemetry package where it has them. */
import {
  ATTR_DB_COLLECTION_NAME,
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION_BATCH_SIZE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_RESPONSE_RETURNED_ROWS,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_DB_SYSTEM_NAME,
  METRIC_DB_CLIENT_OPERATION_DURATION,
} from '@opentelemetry/semantic-conventions/incubating';
import { AttributeKey } from './attribute.ts';

export const DB_COLLECTION_NAME = AttributeKey.of(ATTR_DB_COLLECTION_NAME);
export const DB_NAMESPACE = AttributeKey.of(ATTR_DB_NAMESPACE);
export const DB_OPERATION_BATCH_SIZE = AttributeKey.of(ATTR_DB_OPERATION_BATCH_SIZE);
export const DB_OPERATION_NAME = AttributeKey.of(ATTR_DB_OPERATION_NAME);
export const DB_QUERY_SUMMARY = AttributeKey.of(ATTR_DB_QUERY_SUMMARY);
export const DB_QUERY_TEXT = AttributeKey.of(ATTR_DB_QUERY_TEXT);
export const DB_RESPONSE_RETURNED_ROWS = AttributeKey.of(ATTR_DB_RESPONSE_RETURNED_ROWS);
export const DB_RESPONSE_STATUS_CODE = AttributeKey.of(ATTR_DB_RESPONSE_STATUS_CODE);
export const DB_SYSTEM_NAME = AttributeKey.of(ATTR_DB_SYSTEM_NAME);

export const durationMetric = {
  client: METRIC_DB_CLIENT_OPERATION_DURATION,
  /** The conventions have none for servers yet; named as other tools do. */
  server: 'db.server.operation.duration',
} as const;
