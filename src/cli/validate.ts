import { unused } from '../config/references.ts';
import { Graph } from '../service/graph.ts';
import { fieldsText } from '../service/logger.ts';
import type { Arguments } from './arguments.ts';
import { readConfig } from './read_config.ts';

/** Everything that can be known without starting: throws what is wrong, returns what a start would warn about. */
export async function validate(args: Arguments): Promise<string> {
  const { config, warnings } = await readConfig(args);
  new Graph(config).plan();
  const texts = warnings.map(({ message, fields }) =>
    Object.keys(fields).length === 0 ? message : `${message} ${fieldsText(fields)}`,
  );
  return [...texts, ...unused(config)].map((text) => `Warning: ${text}\n`).join('');
}
