import { Worker } from 'node:worker_threads';
import { SondeError } from '../errors.ts';
import type { FromTap, TapWorkerData, ToTap } from './protocol.ts';

/**
 * V8 lets the young generation of a busy thread grow to 3 × 16 MiB. The tap's garbage is little: at 8 000 requests/s, 1, 2, 4
 * and 16 MiB were the same in CPU and resident memory; the cap is for what may come.
 */
const YOUNG_GENERATION_MB = 2;

type Reply = Extract<FromTap, { readonly request: number }>;
type Request = Extract<ToTap, { readonly request: number }>;
type Unnumbered<T> = T extends unknown ? Omit<T, 'request'> : never;

interface Pending {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** One worker and the questions that it has not answered. */
export class HostLink {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private lastRequest = 0;
  private gone = false;
  private reason = 'it ended';

  /** `onGone`: the worker has ended, asked or not. */
  constructor(file: string, restarts: number, onMessage: (message: FromTap) => void, onGone: (reason: string) => void) {
    this.worker = new Worker(file, {
      name: 'tap',
      workerData: { restarts } satisfies TapWorkerData,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.worker.on('message', (message: FromTap) => {
      if ('request' in message) this.answer(message);
      else onMessage(message);
    });
    this.worker.on('error', (error: unknown) => {
      this.reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    this.worker.on('exit', () => {
      this.gone = true;
      const error = new SondeError('E_TAP_FAILED', { reason: this.reason });
      for (const { reject } of this.pending.values()) reject(error);
      this.pending.clear();
      onGone(this.reason);
    });
  }

  /** Rejects when the worker ends before it answers. */
  ask(request: Unnumbered<Request>): Promise<Reply> {
    if (this.gone) return Promise.reject(new SondeError('E_TAP_FAILED', { reason: this.reason }));
    const number = ++this.lastRequest;
    return new Promise((resolve, reject) => {
      this.pending.set(number, { resolve, reject });
      this.worker.postMessage({ ...request, request: number });
    });
  }

  credit(bytes: number): void {
    if (!this.gone) this.worker.postMessage({ type: 'credit', bytes } satisfies ToTap);
  }

  async terminate(): Promise<void> {
    await this.worker.terminate();
  }

  private answer(reply: Reply): void {
    const pending = this.pending.get(reply.request);
    this.pending.delete(reply.request);
    pending?.resolve(reply);
  }
}
