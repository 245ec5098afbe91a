import { expand } from './expand.ts';
import { merge } from './merge.ts';
import type { ConfigNode } from './node.ts';
import { ConfigError } from './problem.ts';
import { readSet, readSource, type SourceContext } from './sources.ts';

export interface LoadOptions {
  /** Values of `--config`, in order. */
  readonly uris: readonly string[];
  /** Values of `--set`; they come after every file. */
  readonly sets: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Reads, merges and expands; the result is one tree in which every leaf knows its place. */
export function load(options: LoadOptions): ConfigNode {
  const context: SourceContext = { env: options.env, warn: options.warn, depth: 0 };
  let tree: ConfigNode | undefined;
  for (const uri of options.uris) {
    const node = readSource(uri, context);
    tree = tree === undefined ? node : merge(tree, node);
  }
  if (tree === undefined) {
    throw new ConfigError('', [
      { at: undefined, path: [], message: 'at least one config flag must be provided', remedy: 'add --config FILE' },
    ]);
  }
  for (const set of options.sets) tree = merge(tree, readSet(set));
  return expand(tree, context);
}
