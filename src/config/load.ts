import { expand } from './expand.ts';
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
const FETCH_MS = 30_000;

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
      fetched.set(error.uri, await fetchText(error));
    }
  }
}

/** Texts of confmap/provider/httpprovider. */
async function fetchText({ uri, at }: FetchNeeded): Promise<string> {
  const fail = (message: string): never => {
    throw new ConfigError('cannot resolve the configuration: ', [
      { at, path: [], message: `cannot retrieve the configuration: ${message}` },
    ]);
  };
  try {
    const response = await fetch(uri, { signal: AbortSignal.timeout(FETCH_MS) });
    if (response.status === 200) return await response.text();
    return fail(`failed to load resource from uri "${uri}". status code: ${response.status}`);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return fail(`unable to download the file via HTTP GET for uri "${uri}", with err: ${reason}`);
  }
}
