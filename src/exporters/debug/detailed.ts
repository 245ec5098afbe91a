import type { OtlpObject } from '../../pdata/otlp/schema.ts';
import { type KeyValues, typedText } from './values.ts';

/** Lines that all signals share: exporter/debugexporter/internal/otlptext of the Collector. */
export class Lines {
  text = '';

  add(line: string): void {
    this.text += `${line}\n`;
  }

  /** Nothing when there are none. */
  attributes(title: string, attributes: KeyValues, indent = '     '): void {
    if (attributes === undefined || attributes.length === 0) return;
    this.add(`${title}:`);
    for (const { key, value } of attributes) this.add(`${indent}-> ${key ?? ''}: ${typedText(value)}`);
  }

  resource(
    title: string,
    index: number,
    schemaUrl: string | undefined,
    resource: OtlpObject<'Resource'> | undefined,
  ): void {
    this.add(`${title} #${index}`);
    this.add(`Resource SchemaURL: ${schemaUrl ?? ''}`);
    this.attributes('Resource attributes', resource?.attributes);
  }

  scope(
    title: string,
    index: number,
    schemaUrl: string | undefined,
    scope: OtlpObject<'InstrumentationScope'> | undefined,
  ): void {
    this.add(`${title} #${index}`);
    this.add(`${title} SchemaURL: ${schemaUrl ?? ''}`);
    this.add(`InstrumentationScope ${scope?.name ?? ''} ${scope?.version ?? ''}`);
    this.attributes('InstrumentationScope attributes', scope?.attributes);
  }
}
