import { load } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import { checkReferences } from '../config/references.ts';
import { decodeService, type ServiceConfig } from '../config/service_config.ts';
import { registry } from '../registry.ts';
import type { Arguments } from './arguments.ts';

export interface ConfigWarning {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ReadConfig {
  readonly config: ServiceConfig;
  readonly warnings: readonly ConfigWarning[];
}

/** Loads, decodes and checks; throws a ConfigError with everything that is wrong. */
export async function readConfig({ config: uris, set: sets }: Arguments): Promise<ReadConfig> {
  const warnings: ConfigWarning[] = [];
  const tree = load({ uris, sets, env: process.env, warn: (message, fields) => warnings.push({ message, fields }) });
  const config = await decodeService(tree, registry);
  checkReferences(config);
  for (const message of config.warnings) warnings.push({ message, fields: {} });
  return { config, warnings };
}

export function isConfigError(error: unknown): error is ConfigError {
  return error instanceof ConfigError;
}
