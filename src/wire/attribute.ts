/**
 * Attribute keys, made once: a key carries its own protobuf bytes so that the span writer copies instead of encoding.
 */
export class AttributeKey {
  readonly name: string;
  /** `KeyValue.key` as encoded by OTLP (field 1, length, UTF-8). opentelemetry/proto/common/v1/common.proto */
  readonly encoded: Uint8Array;

  private constructor(name: string) {
    this.name = name;
    const text = new TextEncoder().encode(name);
    if (text.length > 127) throw new RangeError(`attribute key longer than 127 bytes: ${name}`);
    this.encoded = Uint8Array.of(0x0a, text.length, ...text);
  }

  private static readonly known = new Map<string, AttributeKey>();

  /** Only for names fixed in code or configuration, never for names from the wire: keys are kept for ever. */
  static of(name: string): AttributeKey {
    let key = AttributeKey.known.get(name);
    if (key === undefined) {
      key = new AttributeKey(name);
      AttributeKey.known.set(name, key);
    }
    return key;
  }
}

export type AttributeValue = string | number | boolean | readonly string[];
