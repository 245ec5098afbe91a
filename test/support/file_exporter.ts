import { decode } from '../../src/config/decode.ts';
import { Problems } from '../../src/config/problem.ts';
import type { Schema } from '../../src/config/schema.ts';
import { parseYaml } from '../../src/config/yaml.ts';
import { type FileConfig, schema, validate } from '../../src/exporters/file/config.ts';

/** With a path unless YAML has one, and what is wrong. */
export function fileConfig(yaml: string): { readonly config: FileConfig; readonly messages: readonly string[] } {
  const node = parseYaml(yaml, 'test');
  const problems = new Problems();
  const decoded = decode(node, schema as unknown as Schema, [], node, problems) as FileConfig;
  const config = decoded.path === '' ? { ...decoded, path: 'x' } : decoded;
  const all = [...problems.all, ...(problems.all.length === 0 ? validate(config) : [])];
  return { config, messages: all.map(({ message }) => message) };
}
