import { join } from 'node:path';
import type { Netns } from '../../test/support/netns.ts';
import { repository } from '../../test/support/paths.ts';

export const SINK_PORT = 4318;

/** What a user would run: OTLP to an upstream, here one that throws it away. */
export const SIDECAR = {
  exporters: `  otlp_http:
    endpoint: http://127.0.0.1:${SINK_PORT}
`,
  only: ['otlp_http'],
};

export async function startSink(netns: Netns): Promise<void> {
  const sink = netns.spawn(process.execPath, [join(repository, 'bench', 'lib', 'sink.mjs'), String(SINK_PORT)]);
  await netns.listening(sink.pid ?? 0, [SINK_PORT]);
}
