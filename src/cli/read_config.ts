import { type LoadOptions, loadAll } from '../config/load.ts';
import type { ConfigNode } from '../config/node.ts';
import { checkReferences } from '../config/references.ts';
import { decodeService, type ServiceConfig } from '../config/service_config.ts';
import { registry } from '../registry.ts';
import type { Arguments } from './arguments.ts';

interface ConfigWarning {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ReadConfig {
  readonly config: ServiceConfig;
  readonly warnings: readonly ConfigWarning[];
}

/** `files` gets every file that was read, also when this throws. */
export async function loadTree(
  { config: uris, set: sets, gates }: Arguments,
  warn: LoadOptions['warn'],
  files: Map<string, string> = new Map(),
): Promise<ConfigNode> {
  return loadAll({
    uris,
    sets,
    env: process.env,
    warn,
    onFile: (path, text) => files.set(path, text),
    append: gates.has('confmap.enableMergeAppendOption'),
  });
}

/** Loads, decodes and checks; throws a ConfigError with everything that is wrong. */
export async function readConfig(args: Arguments, files?: Map<string, string>): Promise<ReadConfig> {
  const warnings: ConfigWarning[] = args.gates.ignored.map((gate) => ({
    message: 'the feature gate has no effect',
    fields: { gate },
  }));
  const tree = await loadTree(args, (message, fields) => warnings.push({ message, fields }), files);
  const config = await decodeService(tree, registry);
  checkReferences(config, args.gates);
  for (const message of config.warnings) warnings.push({ message, fields: {} });
  return { config, warnings };
}
