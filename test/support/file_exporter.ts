import { type FileConfig, schema, validate } from '../../src/exporters/file/config.ts';
import { componentConfig } from './component_config.ts';

const withPath = (config: FileConfig): FileConfig => (config.path === '' ? { ...config, path: 'x' } : config);

/** With a path unless YAML has one, and what is wrong. */
export function fileConfig(yaml: string): { readonly config: FileConfig; readonly messages: readonly string[] } {
  const { config, messages } = componentConfig<FileConfig>(schema, yaml, (decoded) => validate(withPath(decoded)));
  return { config: withPath(config), messages };
}
