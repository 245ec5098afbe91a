import type { ServiceConfig } from './service_config.ts';

/** A processor that acknowledges from memory undoes what a persistent queue promises. */
export function durabilityWarnings({
  pipelines,
  components,
}: Pick<ServiceConfig, 'pipelines' | 'components'>): string[] {
  const warnings: string[] = [];
  for (const { id, processors, exporters } of pipelines) {
    const batch = processors.find((each) => each === 'batch' || each.startsWith('batch/'));
    const stored = exporters.find((each) => isPersistent(components.exporter.get(each)?.config));
    if (batch === undefined || stored === undefined) continue;
    warnings.push(
      `pipeline "${id}": processor "${batch}" acknowledges data before the persistent queue of exporter "${stored}" has it; use sending_queue::batch of the exporter instead`,
    );
  }
  return warnings;
}

function isPersistent(config: unknown): boolean {
  const queue = (config as { sending_queue?: { enabled?: boolean; storage?: string } } | undefined)?.sending_queue;
  return queue?.enabled === true && queue.storage !== undefined && queue.storage !== '';
}
