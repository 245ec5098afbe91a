import { expect, test } from '@jest/globals';
import { durabilityWarnings } from '../../src/config/durability.ts';
import type { ServiceConfig } from '../../src/config/service_config.ts';

const text =
  'pipeline "traces": processor "batch/x" acknowledges data before the persistent queue of exporter "otlp_http" has it; use sending_queue::batch of the exporter instead';

test.each([
  [
    'batch before a persistent queue',
    ['memory_limiter', 'batch/x'],
    { enabled: true, storage: 'file_storage' },
    [text],
  ],
  ['no batch', ['memory_limiter'], { enabled: true, storage: 'file_storage' }, []],
  ['a queue in memory', ['batch/x'], { enabled: true, storage: '' }, []],
  ['no queue', ['batch/x'], { enabled: false, storage: 'file_storage' }, []],
  ['an exporter without queues', ['batch/x'], undefined, []],
])('%s', (_, processors, queue, warnings) => {
  const config = queue === undefined ? {} : { sending_queue: queue };
  const service = {
    pipelines: [{ id: 'traces', signal: 'traces', receivers: [], processors, exporters: ['otlp_http'] }],
    components: { exporter: new Map([['otlp_http', { config }]]) },
  } as unknown as ServiceConfig;
  expect(durabilityWarnings(service)).toEqual(warnings);
});
