/**
 * Schema of the attribute and metric names that Sonde writes: the version of @opentelemetry/semantic-conventions,
 * which carries the conventions' own version number. https://opentelemetry.io/docs/specs/otel/schemas/
 */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';
