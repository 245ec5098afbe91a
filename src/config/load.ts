import { expand } from './expand.ts';
import { fetchText } from './fetch.ts';
import { merge } from './merge.ts';
import type { ConfigNode } from './node.ts';
import { ConfigError } from './problem.ts';
import { FetchNeeded, readSet, readSource, type SourceContext } from './sources.ts';

export interface LoadOptions {
  /** Values of `--config`, in order. */
  readonly uris: readonly string[];
  /** Values of `--set`; they come after every file. */
  readonly sets: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly onFile?: SourceContext['onFile'];
  readonly fetched?: ReadonlyMap<string, string>;
  /** Gate confmap.enableMergeAppendOption. */
  readonly append?: boolean;
}

/** Reads, merges and expands; the result is one tree in which every leaf knows its place. */
export function load(options: LoadOptions): ConfigNode {
  const { env, warn, onFile, fetched, append = false } = options;
  const context: SourceContext = {
    env,
    warn,
    depth: 0,
    ...(onFile === undefined ? {} : { onFile }),
    ...(fetched === undefined ? {} : { fetched }),
  };
  let tree: ConfigNode | undefined;
  for (const uri of options.uris) {
    const node = readSource(uri, context);
    tree = tree === undefined ? node : merge(tree, node, append);
  }
  if (tree === undefined) {
    throw new ConfigError('', [
      { at: undefined, path: [], message: 'at least one config flag must be provided', remedy: 'add --config FILE' },
    ]);
  }
  for (const set of options.sets) tree = merge(tree, readSet(set), append);
  return expand(tree, context);
}

const MAX_FETCHES = 100;

/** As `load`, with `http:` and `https:` sources. */
export async function loadAll(options: LoadOptions): Promise<ConfigNode> {
  const fetched = new Map<string, string>();
  for (;;) {
    const warnings: Parameters<LoadOptions['warn']>[] = [];
    try {
      const tree = load({ ...options, fetched, warn: (...warning) => warnings.push(warning) });
      for (const warning of warnings) options.warn(...warning);
      return tree;
    } catch (error) {
      if (!(error instanceof FetchNeeded) || fetched.size >= MAX_FETCHES) throw error;
      fetched.set(error.uri, await fetchText(error, options.env));
    }
  }
}
