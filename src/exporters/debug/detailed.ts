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
    this.#entities(resource?.entityRefs ?? []);
  }

  #entities(refs: readonly OtlpObject<'EntityRef'>[]): void {
    if (refs.length > 0) this.add('Resource entity refs:');
    for (const [i, { type, schemaUrl, idKeys = [], descriptionKeys = [] }] of refs.entries()) {
      this.add(`     -> Entity ref #${i}:`);
      this.add(`          -> Type: ${type ?? ''}`);
      if (schemaUrl !== undefined && schemaUrl !== '') this.add(`          -> Schema URL: ${schemaUrl}`);
      if (idKeys.length > 0) this.add('          -> ID keys:');
      for (const key of idKeys) this.add(`               -> ${key}`);
      if (descriptionKeys.length > 0) this.add('          -> Description keys:');
      for (const key of descriptionKeys) this.add(`               -> ${key}`);
    }
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
