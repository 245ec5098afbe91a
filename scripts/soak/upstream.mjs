import { setTimeout as sleep } from 'node:timers/promises';
import { World } from './world.mjs';

/**
 * What the upstream does: 503 and 429 with Retry-After in seconds and as a date (gRPC: UNAVAILABLE, ABORTED,
 * RESOURCE_EXHAUSTED with RetryInfo, DEADLINE_EXCEEDED), cut connections, answers that never come.
 */
const modes = ['refuse', 'refuse until', 'throttle', 'throttle until', 'cut', 'stall'];

/** Each mode for a 60th of `seconds`, three kills, then down for `seconds`; senders send again what was not acknowledged. */
export async function upstream({ exporter, persistent, seconds }) {
  const world = await World.start({ queue: 'queue_size: 1000', exporter, persistent, record: true });
  const each = Math.max(1500, (seconds * 1000) / 60);
  try {
    world.startSonde();
    world.startSenders({ senders: 4, spansPerRequest: 20, pauseMs: 20 });
    for (const mode of modes) {
      await sleep(each / 2);
      world.sink.send(mode);
      await sleep(each);
      world.sink.send('ok');
    }
    for (const downMs of [100, 100, 100, seconds * 1000]) {
      await sleep(500);
      await world.killSink();
      await sleep(downMs);
      await world.startSink();
    }
    await sleep(500);
    await world.stopSenders();
    const queue = persistent ? 'persistent' : 'memory';
    return { exporter, queue, ...(await world.verdict()), rssMib: Math.round(world.memory().rss / 2 ** 20) };
  } finally {
    await world.close();
  }
}
