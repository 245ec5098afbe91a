// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expansions are what is tested
import { load } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { checkReferences } from '../../src/config/references.ts';
import { decodeService, type ServiceConfig } from '../../src/config/service_config.ts';
import { registry } from '../../src/registry.ts';
import { Graph } from '../../src/service/graph.ts';

export const env: Readonly<Record<string, string>> = {
  TEXT: 'abc',
  LOOP: '${env:LOOP}',
  NUMBER: '0123',
  LIST: '[a, b]',
};

/** What `sonde validate` does with `--config` and `--set`. */
export async function read(uris: readonly string[], sets: readonly string[] = []): Promise<ServiceConfig> {
  const config = await decodeService(load({ uris, sets, env, warn: () => undefined }), registry);
  checkReferences(config);
  new Graph(config).plan();
  return config;
}

export async function problemsOf(uris: readonly string[], sets: readonly string[] = []): Promise<string[]> {
  try {
    await read(uris, sets);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}
