import type { OtlpObject } from '../../pdata/otlp/schema.ts';
import type { Value } from './values.ts';

type Dictionary = OtlpObject<'ProfilesDictionary'>;

/** What an index into the attribute table stands for; texts of the Collector for what is not there. */
export function attributeAt(
  dictionary: Dictionary | undefined,
  index: number,
): { readonly key: string; readonly value: Value | undefined } | string {
  const attribute = dictionary?.attributeTable?.[index];
  if (attribute === undefined) return `[Missing Dictionary AttributeTable Item #${index}]`;
  const { keyStrindex = 0, value } = attribute;
  const key = dictionary?.stringTable?.[keyStrindex] ?? `[Missing Dictionary Key String Item #${keyStrindex}]`;
  return { key, value };
}
