import type { OtlpObject } from '../../pdata/otlp/schema.ts';

/** OTLP as the OpenTelemetry JavaScript SDK has it. */
type SdkAttributes = Record<string, unknown>;

interface SdkResource {
  readonly attributes: SdkAttributes;
  readonly asyncAttributesPending: false;
  readonly schemaUrl: string | undefined;
  waitForAsyncAttributes(): Promise<void>;
  getRawAttributes(): [string, unknown][];
  merge(other: SdkResource | null): SdkResource;
}

export function attributesOf(list: OtlpObject<'KeyValue'>[] | undefined): SdkAttributes {
  return Object.fromEntries((list ?? []).map(({ key = '', value = {} }) => [key, plain(value)]));
}

/** Whole numbers above 2^53 lose their last digits: the SDK has no other numbers. */
function plain(value: OtlpObject<'AnyValue'>): unknown {
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plain);
  if (value.kvlistValue !== undefined) return attributesOf(value.kvlistValue.values);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue;
}

/** [seconds, nanoseconds]. */
export function hrTime(nanoseconds = 0n): [number, number] {
  return [Number(nanoseconds / 1_000_000_000n), Number(nanoseconds % 1_000_000_000n)];
}

export function resourceOf(resource: OtlpObject<'Resource'> | undefined, schemaUrl = ''): SdkResource {
  return sdkResource(attributesOf(resource?.attributes), schemaUrl === '' ? undefined : schemaUrl);
}

function sdkResource(attributes: SdkAttributes, schemaUrl: string | undefined): SdkResource {
  return {
    attributes,
    asyncAttributesPending: false,
    schemaUrl,
    waitForAsyncAttributes: async () => undefined,
    getRawAttributes: () => Object.entries(attributes),
    merge: (other) => sdkResource({ ...attributes, ...other?.attributes }, other?.schemaUrl ?? schemaUrl),
  };
}

export function scopeOf(scope: OtlpObject<'InstrumentationScope'> | undefined, schemaUrl = '') {
  return {
    name: scope?.name ?? '',
    version: scope?.version ?? '',
    ...(schemaUrl === '' ? {} : { schemaUrl }),
    ...(scope?.attributes === undefined ? {} : { attributes: attributesOf(scope.attributes) }),
  };
}
