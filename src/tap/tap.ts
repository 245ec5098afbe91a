import { SondeError } from '../errors.ts';
import type { KernelTap } from '../kernel/types.ts';
import { checkConfig } from './check_config.ts';
import { DrainTimer } from './drain_timer.ts';
import { type Environment, HOLD_LOSSY_NS, HOLD_NS } from './environment.ts';
import { Intake } from './intake.ts';
import { addKernelCounters, NO_KERNEL_COUNTERS, TapCounters } from './ledger.ts';
import { HeldMemory } from './memory.ts';
import { Outputs } from './outputs.ts';
import { Overload } from './overload.ts';
import type { Processes, TapParts, WallTime } from './parts.ts';
import type { FromTap, TapConfig, TapFailure, TapReport, ToTap } from './protocol.ts';
import { type Collected, collectMetrics, readLedger } from './snapshots.ts';
import { SpanCredits } from './span_credits.ts';
import { WallClock } from './wall_clock.ts';

/** Bytes of ring in one look: about a millisecond, so that messages from main do not wait. */
const DRAIN_BYTES = 256 * 1024;
/** Bytes of all connections that are held for later. */
const HELD_BYTES = 8 * 1024 * 1024;
const FLUSH_NS = 200e6;
const SECOND_NS = 1e9;
/** How often the kernel's counters are asked while something waits. */
const LOSS_CHECK_NS = 20e6;
/** How long `stop` waits for credits before it gives up spans. */
const STOP_WAIT_MS = 1000;

export type Post = (message: FromTap, transfer?: readonly ArrayBuffer[]) => void;

/** What exists while the kernel side is attached. */
interface Attached {
  readonly config: TapConfig;
  readonly kernel: KernelTap;
  readonly intake: Intake;
  readonly timer: DrainTimer;
}

/** The tap: kernel records in, span buffers and metric snapshots out. One per process, in a worker thread. */
export class Tap {
  private readonly parts: TapParts;
  private readonly post: Post;
  private readonly counters = new TapCounters();
  private readonly memory = new HeldMemory(HELD_BYTES);
  private readonly credits = new SpanCredits();
  private readonly clock = new WallClock([0, 0]);
  private readonly overload = new Overload();
  private readonly outputs: Outputs;
  private readonly processes: Processes;
  private readonly env: Environment;
  private attached: Attached | undefined;
  /** Counted by kernel sides that a reload has replaced. */
  private counted = NO_KERNEL_COUNTERS;
  private start: WallTime = [0, 0];
  private nextFlush = 0;
  private nextSecond = 0;
  private nextLossCheck = 0;
  private lastDropped = 0;
  private onCredit: (() => void) | undefined;

  constructor(parts: TapParts, post: Post) {
    this.parts = parts;
    this.post = post;
    const { counters, credits, clock, memory, overload } = this;
    this.outputs = new Outputs(parts, {
      counters,
      credits,
      clock,
      overload,
      send: (receiver, buffer, length, spans) => post({ type: 'spans', receiver, buffer, length, spans }, [buffer]),
    });
    this.processes = parts.processes((instance) => {
      for (const output of this.outputs.all) output.retire(instance);
    });
    this.env = {
      memory,
      counters,
      waiting: new Set(),
      now: 0,
      holdNs: HOLD_NS,
      setPolicy: (cookie, mode) => this.attached?.kernel.setPolicy(cookie, mode),
      failed: (error) => this.failed(error),
    };
  }

  handle(message: ToTap): void {
    switch (message.type) {
      case 'apply':
        this.apply(message.request, message.config);
        break;
      case 'collect':
        this.drain();
        if (this.attached !== undefined) this.countBytes(this.attached);
        this.outputs.flush();
        this.post({ type: 'collected', request: message.request, ...this.collect() });
        break;
      case 'credit':
        this.credits.give(message.bytes);
        this.onCredit?.();
        break;
      case 'stop':
        void this.stop(message.request);
        break;
    }
  }

  /** Reads what the ring has, up to a bound, and does what is due. Returns the bytes read. */
  drain(): number {
    if (this.attached === undefined) return 0;
    const { kernel, intake } = this.attached;
    const now = kernel.now();
    // Behind, time is what the records say: what is waited for may be among those that are not read yet.
    this.env.now = kernel.left > 0 ? intake.seen : now;
    const bytes = kernel.drain(intake, DRAIN_BYTES);
    this.overload.looked(kernel.waiting, kernel.capacity);
    intake.advance(kernel.left > 0 ? intake.seen : now);
    if (this.env.waiting.size > 0 && now >= this.nextLossCheck) this.checkLoss(now, kernel);
    if (now >= this.nextFlush) {
      this.nextFlush = now + FLUSH_NS;
      this.outputs.flush();
    }
    if (now >= this.nextSecond) {
      this.nextSecond = now + SECOND_NS;
      this.everySecond(now, kernel, intake);
    }
    return bytes;
  }

  private apply(request: number, config: TapConfig): void {
    try {
      checkConfig(config);
      const before = this.attached;
      const renew = before === undefined || needsNewKernel(before.config, config);
      this.attached = renew ? this.attach(config, before) : this.reconfigure(config, before);
      const { kernel, intake, timer } = this.attached;
      this.credits.limit = config.spanBytes;
      this.outputs.configure(config.receivers, kernel.now());
      intake.follow(this.outputs.all);
      timer.start();
      this.post({ type: 'applied', request, report: reportOf(kernel, config) });
    } catch (error) {
      this.post({ type: 'failed', request, failure: failureOf(error) });
    }
  }

  /** The new kernel side first: when it is refused, the old one goes on. */
  private attach(config: TapConfig, before: Attached | undefined): Attached {
    const kernel = this.parts.openKernelTap({
      scope: config.scope,
      ringBytes: config.ringBytes,
      captureBytes: config.capture.bytesPerOperation,
      budgetBytes: config.capture.bytesPerInterval,
      backlogBytes: config.backlogBytes,
    });
    if (before === undefined) {
      this.clock.measure(kernel.clockOffset());
      this.start = this.clock.at(kernel.now());
    } else {
      this.log(
        'info',
        'scope, ring or table size changed: the kernel side is opened again, open connections are joined',
      );
      this.detach(before);
    }
    const intake = new Intake(config.maxConnections, this.env, this.processes);
    const timer = new DrainTimer(() => this.drain(), DRAIN_BYTES, config.ringBytes);
    kernel.watch(() => timer.wake());
    return { config, kernel, intake, timer };
  }

  private reconfigure(config: TapConfig, before: Attached): Attached {
    before.kernel.configure({
      captureBytes: config.capture.bytesPerOperation,
      budgetBytes: config.capture.bytesPerInterval,
      backlogBytes: config.backlogBytes,
    });
    return { ...before, config };
  }

  /** Takes the last of what the kernel has, and ends what is open. */
  private detach({ kernel, intake, timer }: Attached): void {
    timer.stop();
    // Traffic goes on, but not into the ring: it is read to its end.
    kernel.stop();
    for (let left = kernel.capacity, read = 1; left > 0 && read > 0; left -= read) read = this.drain();
    intake.advance(Number.POSITIVE_INFINITY);
    this.countBytes({ kernel, intake });
    intake.connections.clear();
    this.counted = addKernelCounters(this.counted, kernel.counters());
    this.attached = undefined;
    kernel.close();
  }

  private async stop(request: number): Promise<void> {
    let now = 0;
    if (this.attached !== undefined) {
      now = this.attached.kernel.now();
      this.detach(this.attached);
    }
    const deadline = performance.now() + STOP_WAIT_MS;
    while (!this.outputs.flush() && performance.now() < deadline) await this.credit(deadline);
    for (const output of this.outputs.all) output.abandon();
    this.post({ type: 'stopped', request, ...this.collect(now) });
  }

  private credit(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deadline - performance.now());
      this.onCredit = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Bytes of connections of which no records come. */
  private countBytes({ kernel, intake }: Pick<Attached, 'kernel' | 'intake'>): void {
    if (!this.outputs.all.some((output) => output.wantsConnections)) return;
    intake.countBytes(kernel);
  }

  private collect(at = this.attached?.kernel.now() ?? 0): Collected {
    const { attached, counters, outputs, memory } = this;
    const kernel = attached === undefined ? this.counted : addKernelCounters(this.counted, attached.kernel.counters());
    const ledger = readLedger(kernel, counters, outputs.all, attached?.intake.connections.size ?? 0, memory);
    return collectMetrics(this.parts, outputs.all, ledger, this.start, this.clock.at(at));
  }

  private everySecond(now: number, kernel: KernelTap, intake: Intake): void {
    const step = this.clock.measure(kernel.clockOffset());
    if (step !== 0) this.log('info', `the wall clock was set by ${(step / 1e6).toFixed(1)} ms`);
    intake.connections.sweep(now);
    this.processes.sweep(now);
  }

  private checkLoss(now: number, kernel: KernelTap): void {
    const { dropped } = kernel.counters();
    this.nextLossCheck = now + LOSS_CHECK_NS;
    this.env.holdNs = dropped > this.lastDropped ? HOLD_LOSSY_NS : HOLD_NS;
    this.lastDropped = dropped;
  }

  /** A decoder broke its contract. The connection is given up; the first time is told with the trace. */
  private failed(error: unknown): void {
    if (this.counters.failed++ > 0) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.log('error', `a decoder failed and its connection is not followed any more: ${text}`);
  }

  private log(level: 'info' | 'error', message: string): void {
    this.post({ type: 'log', level, message });
  }
}

function needsNewKernel(before: TapConfig, after: TapConfig): boolean {
  return (
    before.scope !== after.scope ||
    before.ringBytes !== after.ringBytes ||
    before.maxConnections !== after.maxConnections
  );
}

function reportOf(kernel: KernelTap, config: TapConfig): TapReport {
  const { backend, hooks, mapBytes } = kernel;
  return { backend, hooks, mapBytes, ringBytes: config.ringBytes };
}

function failureOf(error: unknown): TapFailure {
  if (error instanceof SondeError) return { code: error.code, message: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'E_TAP_FAILED', message: new SondeError('E_TAP_FAILED', { reason }).message };
}
