import type { Kind } from '../service/registry.ts';
import { FeatureGates } from './feature_gates.ts';
import { type Location, locate } from './node.ts';
import { ConfigError, nearest, type Problem, problemText } from './problem.ts';
import type { ConfiguredPipeline, ServiceConfig } from './service_config.ts';

/** What the Collector's Config.Validate checks: texts of otelcol/config.go and service/pipelines/config.go. */
export function checkReferences(config: ServiceConfig, gates = new FeatureGates()): void {
  const problems: Problem[] = [];
  const { receiver, exporter, connector, extension } = config.components;
  const add = (path: readonly string[], message: string, remedy: string, at?: Problem['at']): void => {
    problems.push({ at: at ?? locate(config.tree, path), path, message, remedy });
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
  for (const [i, id] of config.extensions.entries()) {
    if (extension.has(id)) continue;
    const remedy = remedyOf(id, 'extension', config, 'the section "extensions"');
    const at = locate(config.tree, ['service', 'extensions', String(i)]);
    add(['service', 'extensions'], `references extension "${id}" which is not configured`, remedy, at);
  }
  if (config.pipelines.length === 0 && !gates.has('service.AllowNoPipelines')) {
    add(['service', 'pipelines'], 'service must have at least one pipeline', 'add a pipeline such as `traces:`');
  }
  for (const pipeline of config.pipelines) {
    if (pipeline.signal === 'profiles' && !gates.has('service.profilesSupport')) {
      const message = `pipeline "${pipeline.id}": profiling signal support is at alpha level, gated under the "service.profilesSupport" feature gate`;
      add(['service', 'pipelines'], message, 'add --feature-gates=service.profilesSupport', pipeline.at);
    }
    checkPipeline(pipeline, config, problems);
  }
  if (problems.length > 0) throw new ConfigError('', problems);
}

function checkPipeline(pipeline: ConfiguredPipeline, config: ServiceConfig, problems: Problem[]): void {
  const { receiver, processor, exporter, connector } = config.components;
  const path = ['service', 'pipelines', pipeline.id];
  const add = (at: Location, message: string, remedy: string): void => {
    problems.push({ at, path, message, remedy });
  };
  const place = (list: string, index: number): Location => locate(config.tree, [...path, list, String(index)]);
  const missing = (list: 'receivers' | 'processors' | 'exporters', index: number, id: string): void => {
    const kind = singular[list];
    const message = `references ${kind} "${id}" which is not configured`;
    add(place(list, index), message, remedyOf(id, kind, config, `the section "${list}"`));
  };
  for (const list of ['receivers', 'exporters'] as const) {
    if (pipeline[list].length > 0) continue;
    add(pipeline.at, `must have at least one ${singular[list]}`, `list one under "${list}"`);
  }
  for (const [i, id] of pipeline.receivers.entries()) {
    if (!receiver.has(id) && !connector.has(id)) missing('receivers', i, id);
  }
  for (const [i, id] of pipeline.processors.entries()) {
    if (pipeline.processors.indexOf(id) < i) {
      add(place('processors', i), `references processor "${id}" multiple times`, 'list each processor once');
    } else if (!processor.has(id)) missing('processors', i, id);
  }
  for (const [i, id] of pipeline.exporters.entries()) {
    if (!exporter.has(id) && !connector.has(id)) missing('exporters', i, id);
  }
}

const singular = { receivers: 'receiver', processors: 'processor', exporters: 'exporter' } as const;

/** For a reference to what is not configured: what was meant. */
function remedyOf(id: string, kind: Kind, { components }: ServiceConfig, section: string): string {
  const [other] = Object.entries(components).find(([, known]) => known.has(id)) ?? [];
  if (other !== undefined) return `"${id}" is configured as ${/^[aeiou]/.test(other) ? 'an' : 'a'} ${other}`;
  const known = [
    ...components[kind].keys(),
    ...(kind === 'extension' || kind === 'processor' ? [] : components.connector.keys()),
  ];
  const guess = nearest(id, known);
  if (guess !== undefined) return `did you mean "${guess}"?`;
  return `add "${id}" to ${section} or remove the reference`;
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
    for (const [id, { at }] of components) {
      if (used.has(`${kind} ${id}`)) continue;
      const user = kind === 'extension' ? 'service::extensions does not list it' : 'no pipeline uses it';
      result.push(problemText({ at, path: [], message: `${kind} "${id}" is configured but ${user}` }));
    }
  }
  return result;
}
