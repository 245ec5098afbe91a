import { type ErrorCode, errors, SondeError } from '../errors.ts';
import type { Logger } from '../service/component.ts';
import { HostLink } from './host_link.ts';
import {
  type FromTap,
  type Ledger,
  type MetricsSnapshot,
  TAP_PROTOCOL_VERSION,
  type TapConfig,
  type TapReceiver,
  type TapReport,
} from './protocol.ts';
import { workerFile } from './worker_file.ts';

const BACKOFF_FIRST_MS = 1000;
const BACKOFF_LONGEST_MS = 30_000;

/** What a receiver asks of the kernel side; the tap gives what the most demanding one wants. */
export interface TapSettings {
  readonly scope: 'pod' | 'node';
  readonly ringBytes: number;
  readonly bytesPerOperation: number;
  readonly bytesPerInterval: number;
  readonly maxConnections: number;
  readonly backlogBytes: number;
  readonly spanBytes: number;
}

/** Where a receiver's data goes. A rejection is the receiver's to count and log; here it only gives the credit back. */
export interface TapConsumer {
  /** ExportTraceServiceRequest bytes, the consumer's to keep. Resolve when downstream has them: that is the back-pressure. */
  spans(bytes: Uint8Array, spans: number): Promise<void>;
  /** ExportMetricsServiceRequest bytes. */
  metrics(bytes: Uint8Array, points: number): Promise<void>;
}

export interface TapHostOptions {
  readonly logger: Logger;
  /** The worker's file; another one in tests. */
  readonly workerFile?: string;
  /** First wait before a dead worker is started again, ms. */
  readonly backoffMs?: number;
}

interface Registered {
  readonly receiver: TapReceiver;
  readonly settings: TapSettings;
  readonly consumer: TapConsumer;
}

/** Main thread's side of the tap: one worker for all `ebpf_*` receivers, started again when it dies. */
export class TapHost {
  /** Deaths of the worker that were survived. */
  restarts = 0;
  private readonly options: TapHostOptions;
  private readonly registered = new Map<string, Registered>();
  private link: HostLink | undefined;
  private starting: Promise<TapReport> | undefined;
  private stopping: Promise<Ledger> | undefined;
  private restartTimer: NodeJS.Timeout | undefined;
  private backoff: number;
  private launching = false;
  /** Deliveries that are not done. */
  private readonly delivering = new Set<Promise<void>>();

  constructor(options: TapHostOptions) {
    this.options = options;
    this.backoff = options.backoffMs ?? BACKOFF_FIRST_MS;
  }

  /** Before `start` or, followed by `reload`, later. The same id again replaces what it was. */
  register(receiver: TapReceiver, settings: TapSettings, consumer: TapConsumer): void {
    this.registered.set(receiver.id, { receiver, settings, consumer });
  }

  unregister(id: string): void {
    this.registered.delete(id);
  }

  get receivers(): number {
    return this.registered.size;
  }

  /** Resolves when attached; every receiver may call it. Rejects with a SondeError. */
  start(): Promise<TapReport> {
    this.starting ??= this.launch().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    });
    return this.starting;
  }

  /** Applies what is registered now. A refusal changes nothing. */
  reload(): Promise<TapReport> {
    return this.link === undefined ? this.start() : this.apply(this.link);
  }

  /** Asks for the metrics of every receiver, hands them to their consumers, and returns the ledger. */
  async collect(): Promise<Ledger> {
    const { link } = this;
    if (link === undefined) return {};
    const reply = await link.ask({ type: 'collect' });
    if (reply.type !== 'collected') return {};
    await this.deliverMetrics(reply.snapshots);
    return { ...reply.ledger, restarts: this.restarts };
  }

  /** Resolves when everything that has arrived so far is downstream or refused. */
  async delivered(): Promise<void> {
    await Promise.all(this.delivering);
  }

  /** Drains, hands over the last spans and metrics, detaches. `deadline`: ms of performance.now(). */
  stop(deadline: number): Promise<Ledger> {
    this.stopping ??= this.shutDown(deadline).finally(() => {
      this.stopping = undefined;
    });
    return this.stopping;
  }

  private async shutDown(deadline: number): Promise<Ledger> {
    clearTimeout(this.restartTimer);
    const { link } = this;
    this.link = undefined;
    this.starting = undefined;
    if (link === undefined) return {};
    const timeout = new Promise<undefined>((resolve) => {
      setTimeout(() => resolve(undefined), Math.max(deadline - performance.now(), 0)).unref();
    });
    try {
      const reply = await Promise.race([link.ask({ type: 'stop' }), timeout]);
      if (reply?.type !== 'stopped') {
        this.options.logger.warn('the tap did not stop in time; what it still had is lost');
        return {};
      }
      await Promise.race([Promise.all([this.deliverMetrics(reply.snapshots), ...this.delivering]), timeout]);
      return { ...reply.ledger, restarts: this.restarts };
    } catch (error) {
      this.options.logger.error('the tap ended while it was stopped; what it still had is lost', { error });
      return {};
    } finally {
      await link.terminate();
    }
  }

  private async launch(): Promise<TapReport> {
    const link: HostLink = new HostLink(
      this.options.workerFile ?? workerFile(),
      this.restarts,
      (message) => this.receive(link, message),
      (reason) => this.gone(link, reason),
    );
    this.link = link;
    this.launching = true;
    try {
      return await this.apply(link);
    } catch (error) {
      // Not a death to come back from: the caller is told.
      if (this.link === link) this.link = undefined;
      await link.terminate();
      throw error;
    } finally {
      this.launching = false;
    }
  }

  private async apply(link: HostLink): Promise<TapReport> {
    const reply = await link.ask({ type: 'apply', config: this.config() });
    if (reply.type === 'applied') return reply.report;
    if (reply.type === 'failed') throw tapError(reply.failure.code, reply.failure.message);
    throw new SondeError('E_TAP_FAILED', { reason: `unexpected answer ${reply.type}` });
  }

  private config(): TapConfig {
    const all = [...this.registered.values()];
    const most = (of: (settings: TapSettings) => number): number =>
      Math.max(...all.map(({ settings }) => of(settings)));
    return {
      version: TAP_PROTOCOL_VERSION,
      scope: all.some(({ settings }) => settings.scope === 'node') ? 'node' : 'pod',
      ringBytes: most(({ ringBytes }) => ringBytes),
      capture: {
        bytesPerOperation: most(({ bytesPerOperation }) => bytesPerOperation),
        bytesPerInterval: most(({ bytesPerInterval }) => bytesPerInterval),
      },
      maxConnections: most(({ maxConnections }) => maxConnections),
      backlogBytes: most(({ backlogBytes }) => backlogBytes),
      spanBytes: most(({ spanBytes }) => spanBytes),
      receivers: all.map(({ receiver }) => receiver),
    };
  }

  private receive(link: HostLink, message: FromTap): void {
    if (message.type === 'log') {
      this.options.logger[message.level](message.message);
    } else if (message.type === 'spans') {
      const { receiver, buffer, length, spans } = message;
      const bytes = new Uint8Array(buffer, 0, length);
      const consumer = this.registered.get(receiver)?.consumer;
      const done = (): void => link.credit(buffer.byteLength);
      if (consumer === undefined) done();
      else this.deliver(() => consumer.spans(bytes, spans)).finally(done);
    }
  }

  private async deliverMetrics(snapshots: readonly MetricsSnapshot[]): Promise<void> {
    await Promise.all(
      snapshots.map(({ receiver, bytes, points }) => {
        const consumer = this.registered.get(receiver)?.consumer;
        return consumer && this.deliver(() => consumer.metrics(bytes, points));
      }),
    );
  }

  /** Never rejects. */
  private deliver(work: () => Promise<void>): Promise<void> {
    const done = work()
      .catch((error: unknown) => this.options.logger.debug('a delivery was refused', { error }))
      .finally(() => this.delivering.delete(done));
    this.delivering.add(done);
    return done;
  }

  private gone(link: HostLink, reason: string): void {
    if (this.link !== link) return;
    this.link = undefined;
    // Whoever starts it hears of it.
    if (this.launching) return;
    this.starting = undefined;
    this.options.logger.error('the tap ended unexpectedly and is started again', { reason, delay_ms: this.backoff });
    this.restartTimer = setTimeout(() => this.restart(), this.backoff);
    this.backoff = Math.min(this.backoff * 2, BACKOFF_LONGEST_MS);
  }

  private restart(): void {
    this.restarts++;
    const started = performance.now();
    this.start().then(
      () => {
        this.options.logger.info('the tap is attached again', { restarts: this.restarts });
        // A worker that lives for a while earns the short wait back.
        setTimeout(() => {
          if (this.link !== undefined) this.backoff = this.options.backoffMs ?? BACKOFF_FIRST_MS;
        }, BACKOFF_LONGEST_MS).unref();
      },
      (error: unknown) => {
        const delay = Math.max(this.backoff - (performance.now() - started), 0);
        this.options.logger.error('the tap could not be started again', { error });
        this.restartTimer = setTimeout(() => this.restart(), delay);
        this.backoff = Math.min(this.backoff * 2, BACKOFF_LONGEST_MS);
      },
    );
  }
}

/** The failure as it was in the worker: its code's remedy, and the message that was filled in there. */
function tapError(code: string, message: string): SondeError {
  if (!(code in errors)) return new SondeError('E_TAP_FAILED', { reason: message });
  const error = new SondeError(code as ErrorCode);
  error.message = message;
  return error;
}
