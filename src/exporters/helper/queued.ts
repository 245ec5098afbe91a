import type { Batch, Signal } from '../../pdata/pdata.ts';
import type { Component, Consumer, MetricAttributes, Settings } from '../../service/component.ts';
import { itemNames } from '../../transport/signals.ts';
import { QueueSender } from './queue_sender.ts';
import type { QueueConfig, RetryConfig } from './schemas.ts';

/** What sends one batch at a time to one place. */
export interface Upstream {
  /** Of the exporter's own metrics: where it sends to. */
  readonly attributes?: MetricAttributes;
  /** What came as gzip leaves as it is: nobody asks for its bytes. */
  readonly passesGzip?: boolean;
  start(): void | Promise<void>;
  /** Rejects with a ConsumeError. `abort`: the deadline of the shutdown. */
  send(batch: Batch, abort: AbortSignal): Promise<void>;
  close(): void | Promise<void>;
}

/** An exporter: queue, batching and retry before the upstream. */
export function queued(
  settings: Settings,
  config: { readonly sending_queue: QueueConfig; readonly retry_on_failure: RetryConfig },
  signal: Signal,
  upstream: Upstream,
): Component & Consumer {
  const { batch: _, ...alone } = config.sending_queue;
  // Requests of profiles cannot be joined: each has a dictionary of its own, which its indices refer to.
  const queueConfig: QueueConfig = signal === 'profiles' ? alone : config.sending_queue;
  const packs = upstream.passesGzip === true && queueConfig.batch === undefined && queueConfig.storage === '';
  const queue = new QueueSender(
    settings,
    queueConfig,
    config.retry_on_failure,
    async (batch, abort) => upstream.send(batch, abort),
    itemNames[signal],
    upstream.attributes,
  );
  return {
    start: async () => {
      await upstream.start();
      await queue.start();
    },
    consume: async (batch) => queue.consume(packs ? batch.packed() : batch),
    shutdown: async (deadline, successor) => {
      await queue.shutdown(deadline, successor);
      await upstream.close();
    },
  };
}
