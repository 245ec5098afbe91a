/**
 * The OTEL_* variables of an observed process that describe its service. No other variable's value is ever decoded.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export interface OtelEnvironment {
  /** OTEL_SERVICE_NAME, '' if not set. */
  readonly serviceName: string;
  /** OTEL_RESOURCE_ATTRIBUTES as it is, '' if not set. */
  readonly resourceAttributes: string;
}

export const NO_ENVIRONMENT: OtelEnvironment = { serviceName: '', resourceAttributes: '' };

const SERVICE_NAME = Buffer.from('OTEL_SERVICE_NAME=');
const RESOURCE_ATTRIBUTES = Buffer.from('OTEL_RESOURCE_ATTRIBUTES=');

/** `bytes`: of /proc/<pid>/environ, NUL after each variable. A last one without NUL was cut and is left out. */
export function scanEnvironment(bytes: Buffer): OtelEnvironment {
  const serviceName = variable(bytes, SERVICE_NAME);
  const resourceAttributes = variable(bytes, RESOURCE_ATTRIBUTES);
  if (serviceName === '' && resourceAttributes === '') return NO_ENVIRONMENT;
  return { serviceName, resourceAttributes };
}

/** As getenv(3): the first one counts. */
function variable(bytes: Buffer, name: Buffer): string {
  let at = bytes.indexOf(name);
  while (at >= 0) {
    if (at === 0 || bytes[at - 1] === 0) {
      const stop = bytes.indexOf(0, at);
      return stop < 0 ? '' : bytes.toString('utf8', at + name.length, stop).trim();
    }
    at = bytes.indexOf(name, at + 1);
  }
  return '';
}

/** More pairs than this are no description of a service; the value is dropped as malformed. */
const MAX_RESOURCE_ATTRIBUTES = 128;

/**
 * `key=value,key=value`, both percent-encoded (W3C Baggage without properties). As the specification asks, a value that
 * cannot be decoded discards the whole variable: undefined. Empty members and an empty key's value are left out.
 */
export function parseResourceAttributes(text: string): ReadonlyMap<string, string> | undefined {
  const attributes = new Map<string, string>();
  for (const member of text.split(',')) {
    if (member.trim() === '') continue;
    const equals = member.indexOf('=');
    if (equals < 0 || attributes.size >= MAX_RESOURCE_ATTRIBUTES) return undefined;
    try {
      const key = decodeURIComponent(member.slice(0, equals).trim());
      if (key !== '') attributes.set(key, decodeURIComponent(member.slice(equals + 1).trim()));
    } catch {
      return undefined;
    }
  }
  return attributes;
}
