import { getHeapStatistics } from 'node:v8';
import type { MetricValue } from './component.ts';

const none = {};

/** The Collector's names for itself (service/internal/proctelemetry); heap is V8's, the sum of allocations is not known. */
export function processMetrics(): MetricValue[] {
  const { user, system } = process.cpuUsage();
  const { total_heap_size, used_heap_size, external_memory } = getHeapStatistics();
  const metric = (name: string, description: string, unit: string, monotonic: boolean, value: number): MetricValue => ({
    name: `otelcol_process_${name}`,
    description: `${description} [Alpha]`,
    unit,
    monotonic,
    attributes: none,
    value,
  });
  return [
    metric('uptime', 'Uptime of the process', 's', true, process.uptime()),
    metric('cpu_seconds', 'Total CPU user and system time in seconds', 's', true, (user + system) / 1e6),
    metric('memory_rss', 'Total physical memory (resident set size)', 'By', false, process.memoryUsage.rss()),
    metric('runtime_heap_alloc_bytes', 'Bytes of allocated heap objects', 'By', false, used_heap_size),
    metric(
      'runtime_total_sys_memory_bytes',
      'Total bytes of memory obtained from the OS for the heap and for buffers',
      'By',
      false,
      total_heap_size + external_memory,
    ),
  ];
}
