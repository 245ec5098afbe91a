import { ConfigError, type Problem } from './problem.ts';
import type { ConfiguredPipeline, ServiceConfig } from './service_config.ts';

/** What the Collector's Config.Validate checks: texts of otelcol/config.go and service/pipelines/config.go. */
export function checkReferences(config: ServiceConfig): void {
  const problems: Problem[] = [];
  const { receiver, exporter, connector, extension } = config.components;
  const add = (path: readonly string[], message: string, remedy: string, at?: Problem['at']): void => {
    problems.push({ at, path, message, remedy });
  };
  if (receiver.size === 0) {
    add([], 'no receiver configuration specified in config', 'add a section "receivers", for example `ebpf_socket:`');
  }
  if (exporter.size === 0) {
    add([], 'no exporter configuration specified in config', 'add a section "exporters", for example `debug:`');
  }
  for (const [id, { at }] of connector) {
    for (const [kind, others] of [
      ['exporter', exporter],
      ['receiver', receiver],
    ] as const) {
      if (!others.has(id)) continue;
      const message = `ambiguous ID: Found both "${id}" ${kind} and "${id}" connector.`;
      add(['connectors', id], message, `rename "${id}" connector to "${id}/connector"`, at);
    }
  }
  for (const id of config.extensions) {
    if (extension.has(id)) continue;
    const remedy = `add "${id}" to the section "extensions" or remove the reference`;
    add(['service', 'extensions'], `references extension "${id}" which is not configured`, remedy);
  }
  if (config.pipelines.length === 0) {
    add(['service', 'pipelines'], 'service must have at least one pipeline', 'add a pipeline such as `traces:`');
  }
  for (const pipeline of config.pipelines) checkPipeline(pipeline, config, problems);
  if (problems.length > 0) throw new ConfigError('', problems);
}

function checkPipeline(pipeline: ConfiguredPipeline, config: ServiceConfig, problems: Problem[]): void {
  const { receiver, processor, exporter, connector } = config.components;
  const path = ['service', 'pipelines', pipeline.id];
  const add = (message: string, remedy: string): void => {
    problems.push({ at: pipeline.at, path, message, remedy });
  };
  if (pipeline.receivers.length === 0) add('must have at least one receiver', 'list one under "receivers"');
  if (pipeline.exporters.length === 0) add('must have at least one exporter', 'list one under "exporters"');
  for (const id of pipeline.receivers) {
    if (!receiver.has(id) && !connector.has(id))
      add(`references receiver "${id}" which is not configured`, define(id, 'receivers'));
  }
  const seen = new Set<string>();
  for (const id of pipeline.processors) {
    if (seen.has(id)) add(`references processor "${id}" multiple times`, 'list each processor once');
    else if (!processor.has(id)) add(`references processor "${id}" which is not configured`, define(id, 'processors'));
    seen.add(id);
  }
  for (const id of pipeline.exporters) {
    if (!exporter.has(id) && !connector.has(id))
      add(`references exporter "${id}" which is not configured`, define(id, 'exporters'));
  }
}

function define(id: string, section: string): string {
  return `add "${id}" to the section "${section}" or remove the reference`;
}

/** Components that are configured and checked, but never built. */
export function unused(config: ServiceConfig): string[] {
  const used = new Set<string>();
  for (const { receivers, processors, exporters } of config.pipelines) {
    for (const id of receivers) used.add(`receiver ${id}`).add(`connector ${id}`);
    for (const id of processors) used.add(`processor ${id}`);
    for (const id of exporters) used.add(`exporter ${id}`).add(`connector ${id}`);
  }
  for (const id of config.extensions) used.add(`extension ${id}`);
  const result: string[] = [];
  for (const [kind, components] of Object.entries(config.components)) {
    for (const id of components.keys()) {
      if (!used.has(`${kind} ${id}`)) result.push(`${kind} "${id}" is configured but no pipeline uses it`);
    }
  }
  return result;
}
