import type { Logger, MetricValue } from '../service/component.ts';
import { type TapConsumer, TapHost, type TapSettings } from './host.ts';
import { ledgerPoints, VERDICTS } from './ledger.ts';
import type { Ledger, TapReceiver, TapReport } from './protocol.ts';

/** A receiver's place at the tap. */
export interface TapMember {
  /** The tap starts once, or takes over what this receiver asks for; connections stay. `metricsIntervalMs`: the shortest one counts. */
  start(metricsIntervalMs: number): Promise<TapReport>;
  /** The last one that leaves stops the tap. Nothing happens if the same id has joined again. */
  stop(deadline: number): Promise<void>;
}

/** What a receiver sees of the tap. */
export interface SharedTap {
  /** The ledger of the last collection as own metrics: the same numbers that leave as the scope `sonde.tap`. */
  metrics(): MetricValue[];
  /** The same id again takes the place of the one before when it starts. */
  join(receiver: TapReceiver, settings: TapSettings, consumer: TapConsumer): TapMember;
}

type Host = Pick<TapHost, 'register' | 'unregister' | 'start' | 'reload' | 'collect' | 'delivered' | 'stop'>;

interface Member {
  readonly receiver: TapReceiver;
  readonly settings: TapSettings;
  readonly consumer: TapConsumer;
  intervalMs: number;
}

/** One tap for all `ebpf_*` receivers of the process. */
export class CollectingTap implements SharedTap {
  readonly #host: Host;
  readonly #logger: Logger;
  /** Those that the host knows, by id. */
  readonly #members = new Map<string, Member>();
  readonly #leaving = new Set<Member>();
  #attached = false;
  #stopping: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #intervalMs = Number.POSITIVE_INFINITY;
  #collecting = false;
  #last: Ledger = {};

  constructor(host: Host, logger: Logger) {
    this.#host = host;
    this.#logger = logger;
  }

  metrics(): MetricValue[] {
    // From the start on, before the first collection as zeros: who scrapes sees a counter's first growth.
    if (!this.#attached && Object.keys(this.#last).length === 0) return [];
    return ledgerPoints(this.#last).map(({ kind, attributes, ...point }) => ({
      ...point,
      attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)])),
      monotonic: kind === 'counter',
    }));
  }

  join(receiver: TapReceiver, settings: TapSettings, consumer: TapConsumer): TapMember {
    const member: Member = { receiver, settings, consumer, intervalMs: Number.POSITIVE_INFINITY };
    // All receivers of the first start are known before it begins: one attachment for all.
    if (!this.#attached) this.#place(member);
    return {
      start: async (intervalMs) => {
        const report = await (this.#attached ? this.#replace(member) : this.#start(member));
        member.intervalMs = intervalMs;
        this.#schedule();
        return report;
      },
      stop: (deadline) => this.#leave(member, deadline),
    };
  }

  #place(member: Member): void {
    this.#members.set(member.receiver.id, member);
    this.#host.register(member.receiver, member.settings, member.consumer);
  }

  async #start(member: Member): Promise<TapReport> {
    if (this.#members.get(member.receiver.id) !== member) this.#place(member);
    const report = await this.#host.start();
    this.#attached = true;
    return report;
  }

  /** A refusal leaves everything as it was. */
  async #replace(member: Member): Promise<TapReport> {
    const { id } = member.receiver;
    const before = this.#members.get(id);
    if (before === member) return this.#host.start();
    this.#place(member);
    try {
      return await this.#host.reload();
    } catch (error) {
      if (before !== undefined) this.#place(before);
      else this.#remove(member);
      throw error;
    }
  }

  #remove({ receiver: { id } }: Member): void {
    this.#members.delete(id);
    this.#host.unregister(id);
  }

  async #leave(member: Member, deadline: number): Promise<void> {
    if (this.#members.get(member.receiver.id) !== member) return;
    this.#leaving.add(member);
    // At shutdown all leave in the same turn.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      // Another one may have stopped the tap meanwhile.
      if (this.#members.get(member.receiver.id) !== member) return;
      if (this.#leaving.size === this.#members.size) this.#stopping ??= this.#stop(deadline);
      await (this.#stopping ?? this.#withdraw(member));
    } finally {
      this.#leaving.delete(member);
    }
  }

  async #stop(deadline: number): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#intervalMs = Number.POSITIVE_INFINITY;
    this.#tell(await this.#host.stop(deadline));
    if (this.#attached) this.#logger.info('eBPF programs are detached', balance(this.#last));
    this.#attached = false;
    for (const member of [...this.#members.values()]) this.#remove(member);
    this.#stopping = undefined;
  }

  /** Others go on: what this one has seen so far is handed over first. */
  async #withdraw(member: Member): Promise<void> {
    try {
      this.#tell(await this.#host.collect());
      await this.#host.delivered();
      this.#remove(member);
      this.#schedule();
      await this.#host.reload();
    } catch (error) {
      this.#remove(member);
      this.#logger.warn('the tap could not be told that a receiver left', { error });
    }
  }

  #schedule(): void {
    const shortest = Math.min(...[...this.#members.values()].map(({ intervalMs }) => intervalMs));
    if (shortest === this.#intervalMs) return;
    this.#intervalMs = shortest;
    clearInterval(this.#timer);
    if (Number.isFinite(shortest)) this.#timer = setInterval(() => void this.#collect(), shortest);
  }

  /** A slow pipeline makes collections fewer, never more than one at a time. */
  async #collect(): Promise<void> {
    if (this.#collecting) return;
    this.#collecting = true;
    try {
      this.#tell(await this.#host.collect());
    } catch (error) {
      this.#logger.warn('metrics could not be collected from the tap', { error });
    } finally {
      this.#collecting = false;
    }
  }

  /** One line when something was dropped since the last look. */
  #tell(ledger: Ledger): void {
    const lost: Record<string, number> = {};
    for (const [key, count] of Object.entries(ledger)) {
      if (!key.includes('dropped')) continue;
      // A tap that was started again counts from zero.
      const before = this.#last[key] ?? 0;
      const grown = count >= before ? count - before : count;
      if (grown > 0) lost[key] = grown;
    }
    if (Object.keys(ledger).length > 0) this.#last = ledger;
    if (Object.keys(lost).length > 0) this.#logger.warn('the tap dropped data in the last interval', lost);
  }
}

/** What came of it all, for the last line of the log: the totals of each ledger, and which decoders took how many connections. */
function balance(ledger: Ledger): Record<string, unknown> {
  const totals = [
    'operations',
    'operations.dropped',
    'connections.seen',
    'messages',
    'spans.handed_over',
    'spans.abandoned',
  ];
  const verdicts = Object.entries(ledger).filter(([key]) => key.startsWith(VERDICTS));
  return {
    ...Object.fromEntries(totals.map((key) => [key, ledger[key] ?? 0])),
    decoders: Object.fromEntries(verdicts.map(([key, count]) => [key.slice(VERDICTS.length), count])),
  };
}

let shared: CollectingTap | undefined;

/** The process's tap, made by the first receiver that asks. */
export function sharedTap(logger: Logger): CollectingTap {
  shared ??= new CollectingTap(new TapHost({ logger }), logger);
  return shared;
}
