import { Graph } from '../service/graph.ts';
import type { Arguments } from './arguments.ts';
import { readConfig } from './read_config.ts';

/** Everything that can be known without starting; throws what is wrong. */
export async function validate(args: Arguments): Promise<void> {
  const { config } = await readConfig(args);
  new Graph(config).plan();
}
