import { type OtlpHttpConfig, schema, validate } from '../../src/exporters/otlp_http/config.ts';
import { createOtlpHttp } from '../../src/exporters/otlp_http/otlp_http.ts';
import type { Signal } from '../../src/pdata/pdata.ts';
import type { Component, Consumer } from '../../src/service/component.ts';
import { componentConfig } from './component_config.ts';
import type { TestSettings } from './settings.ts';

/** `path: message` of everything that is wrong; the configuration is complete if there is nothing. */
export function otlpHttpConfig(yaml: string): {
  readonly config: OtlpHttpConfig;
  readonly messages: readonly string[];
} {
  return componentConfig<OtlpHttpConfig>(schema, yaml, validate);
}

/** A started exporter; throws what is wrong with its configuration. */
export async function startOtlpHttp(
  settings: TestSettings,
  yaml: string,
  signal: Signal = 'traces',
): Promise<Component & Consumer> {
  const { config, messages } = otlpHttpConfig(yaml);
  if (messages.length > 0) throw new Error(messages.join('\n'));
  const exporter = await createOtlpHttp(settings, config, signal);
  await exporter.start();
  return exporter;
}
