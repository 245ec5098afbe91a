import type { ComponentFactory, Kind, Registry } from '../service/registry.ts';
import { buildInfo } from './version.ts';

const sections: readonly (readonly [string, Kind])[] = [
  ['receivers', 'receiver'],
  ['processors', 'processor'],
  ['exporters', 'exporter'],
  ['connectors', 'connector'],
  ['extensions', 'extension'],
];
/** The Collector's order; it does not tell of profiles. */
const told = ['logs', 'metrics', 'profiles', 'traces'] as const;
const title = (level: string): string => `${level.charAt(0).toUpperCase()}${level.slice(1)}`;

/** The shape of `otelcol components`: https://opentelemetry.io/docs/collector/ */
export async function components(registry: Registry): Promise<string> {
  const lines = [
    'buildinfo:',
    `    command: ${buildInfo.command}`,
    `    description: ${buildInfo.description}`,
    `    version: ${buildInfo.version}`,
  ];
  for (const [section, kind] of sections) {
    const types = registry.types(kind);
    lines.push(types.length === 0 ? `${section}: []` : `${section}:`);
    for (const type of types) {
      const factory = await registry.load(kind, type);
      if (factory !== undefined) lines.push(...component(type, factory));
    }
  }
  lines.push('providers:');
  for (const scheme of ['env', 'file', 'http', 'https', 'yaml']) {
    lines.push(`    - scheme: ${scheme}`, `      module: sonde ${buildInfo.version}`);
  }
  lines.push('converters: []');
  return `${lines.join('\n')}\n`;
}

function component(type: string, factory: ComponentFactory): string[] {
  const lines = [`    - name: ${type}`, `      module: sonde ${buildInfo.version}`, '      stability:'];
  if ('pairs' in factory) {
    for (const from of told) {
      for (const to of told) {
        const level = factory.pairs.find((pair) => pair.from === from && pair.to === to)?.stability;
        if (level !== undefined || (from !== 'profiles' && to !== 'profiles')) {
          lines.push(`        ${from}-to-${to}: ${title(level ?? 'undefined')}`);
        }
      }
    }
  } else if (typeof factory.stability === 'string') {
    lines.push(`        extension: ${title(factory.stability)}`);
  } else {
    for (const signal of told) {
      const level = factory.stability[signal];
      if (level !== undefined || signal !== 'profiles') lines.push(`        ${signal}: ${title(level ?? 'undefined')}`);
    }
  }
  return lines;
}
