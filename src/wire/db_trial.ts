import type { DbCall } from './db_call.ts';

/** So often the client has to wait for its answers until those that it was given meanwhile are told. */
const TURNS = 3;
/** Answered calls that are kept until then. */
const MAX_KEPT = 256;

/**
 * After lost bytes answers go to calls again as if the client waited for each. Whether it does shows in what it sends
 * next; until then they are kept, and if it does not they are nobody's.
 */
export class DbTrial {
  readonly #tell: (call: DbCall) => void;
  #turns = 0;
  readonly #answered: DbCall[] = [];
  /** So many of them were answered before the client's last operation. */
  #settled = 0;

  constructor(tell: (call: DbCall) => void) {
    this.#tell = tell;
  }

  get underWay(): boolean {
    return this.#turns > 0;
  }

  begin(): void {
    this.#turns = TURNS;
  }

  keep(call: DbCall): void {
    this.#answered.push(call);
    if (this.#answered.length <= MAX_KEPT) return;
    this.#settled = Math.max(0, this.#settled - 1);
    this.#give(this.#answered.splice(0, 1), false);
  }

  /** The client sends more. `waited`: it has all answers; `quiet`: and took its time. */
  turn(waited: boolean, quiet: boolean): void {
    this.#settled = this.#answered.length;
    if (!waited || this.#turns === 0) return;
    if (quiet || this.#turns === 1) this.end(true);
    else this.#turns--;
  }

  /** Before what the client just sent calls are missing: what came since may be their answers. */
  doubtLast(): void {
    this.#give(this.#answered.splice(this.#settled), false);
  }

  end(passed: boolean): void {
    this.#turns = this.#settled = 0;
    if (this.#answered.length > 0) this.#give(this.#answered.splice(0), passed);
  }

  #give(calls: readonly DbCall[], passed: boolean): void {
    for (const call of calls) {
      if (!passed) call.unanswered();
      this.#tell(call);
    }
  }
}
