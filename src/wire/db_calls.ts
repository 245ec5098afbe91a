import { DbConnection, type DbMapping, type DbOptions } from './db.ts';
import { DbCall } from './db_call.ts';
import { DbTrial } from './db_trial.ts';
import type { ConnectionContext, Sink } from './decoder.ts';

/** Unanswered calls of one connection that are remembered; `redis-cli --pipe` has tens of thousands under way. */
const MAX_WAITING = 65_536;
const MAX_POOLED = 4096;
/** Characters of query text in the calls of one connection that wait for answers; those that come on top are told without. */
const MAX_WAITING_TEXT = 256 * 1024;
/** How much earlier than its request an answer may be stamped, ns: the hooks fire after the operation, on two CPUs. */
const MAX_INVERSION = 1e5;
/** After so long without a byte, ns, a server has answered what it was asked. Only used after lost bytes. */
const QUIET = 5e6;
/** Calls that are kept while it is not known whose the answers are. */
const MAX_UNCERTAIN = 1024;

/** So often a client that pipelined has to have all its answers until it counts as one that waits. */
const PATIENCE = 16;
/** And so often one that seemed to, while answers were missing. */
const TURNS = 3;

export class CallPool {
  readonly #free: DbCall[] = [];

  take(): DbCall {
    return this.#free.pop() ?? new DbCall();
  }

  recycle(call: DbCall): void {
    if (this.#free.length >= MAX_POOLED) return;
    call.reset();
    this.#free.push(call);
  }
}

/**
 * Calls that wait for their answers, in order. After lost bytes it is not known which call an answer belongs to, and
 * none is guessed: calls that were under way are told with `sonde.partial`, answers are passed over (`orphan_response`)
 * until a call was sent when nothing else was under way.
 */
export class DbCalls {
  readonly connection: DbConnection;
  query: DbOptions['query'];
  readonly #pool: CallPool;
  readonly #sink: Sink;
  #first: DbCall | undefined = undefined;
  #last: DbCall | undefined = undefined;
  #waiting = 0;
  #text = 0;
  /** Socket operations that they began. */
  #operations = 0;
  #overflow = 0;
  /** The last call that began a socket operation. */
  #newest: DbCall | undefined = undefined;
  /** The client has sent before it was answered, other than in one go: how often it may still wait until it does not. */
  #pipelining = 0;
  /** As it seems, while answers may be missing. */
  #suspect = false;
  /** Answers that came between two operations of the client, while it seems so. */
  #turns = 0;
  #turned = false;
  /** Something has been missing: an answer may come whose call is. */
  #damaged = false;
  /** Answers or calls may be missing before the next ones. */
  #uncertain = false;
  /** The last answer belonged to no call. */
  #orphaned = false;
  /** Calls are missing, and no answer came since: theirs may still come. */
  #unanswered = false;
  /** Of what the server says since the last operation of the client something was seen. */
  #heard = false;
  /** And passed over, so that what comes now goes on with it. */
  #torn = false;
  /** Where the calls begin that an answer can be matched with again. */
  #anchor: DbCall | undefined = undefined;
  readonly #trial = new DbTrial((call) => this.#tell(call));
  /** An answer is held whose call has not come. */
  #early = false;
  #lastTime = Number.NEGATIVE_INFINITY;
  #lastAnswer = Number.NEGATIVE_INFINITY;

  constructor(mapping: DbMapping, pool: CallPool, context: ConnectionContext, sink: Sink, system: string) {
    this.query = mapping.options.query;
    this.#pool = pool;
    this.#sink = sink;
    this.connection = new DbConnection(mapping, context, system);
    this.#uncertain = context.joined;
  }

  take(): DbCall {
    return this.#pool.take();
  }

  /** The call whose answer comes next. */
  get first(): DbCall | undefined {
    return this.#first;
  }

  /** The call that was sent last. */
  get last(): DbCall | undefined {
    return this.#last;
  }

  /** No call is here yet. */
  get empty(): boolean {
    return this.#first === undefined && this.#overflow === 0;
  }

  /** Must an answer be held, because the call that it belongs to may still come? */
  mustHold(): boolean {
    this.#early = this.empty && !this.#uncertain;
    return this.#early;
  }

  /** `fresh`: the call begins a socket operation. False: too many wait. */
  add(call: DbCall, fresh: boolean): boolean {
    if (this.#overflow > 0 || this.#waiting >= MAX_WAITING) {
      this.#overflow++;
      this.#sink.reject('pipeline_overflow');
      this.#pool.recycle(call);
      return false;
    }
    call.fresh = fresh;
    if (fresh) {
      this.#operations++;
      this.#heard = this.#torn = this.#orphaned = false;
      const waited = !this.#uncertain && !this.#early && this.#first === undefined;
      this.#trial.turn(waited, call.start - this.#lastTime > QUIET);
      if (this.#uncertain) this.#seekAnchor(call);
      this.#newest = call;
    }
    if (this.#uncertain && this.#anchor === undefined && this.#waiting >= MAX_UNCERTAIN) this.#lose();
    this.#lastTime = call.start;
    this.#keepText(call);
    if (this.#last === undefined) this.#first = call;
    else this.#last.next = call;
    this.#last = call;
    this.#waiting++;
    return true;
  }

  #keepText(call: DbCall): void {
    if (this.#text + call.text.length > MAX_WAITING_TEXT) {
      call.text = '';
      call.textDropped = true;
    }
    call.kept = call.text.length;
    this.#text += call.kept;
  }

  /** One call at a time: whatever was under way before this one is over. Else only silence tells. */
  #seekAnchor(call: DbCall): void {
    const quiet = !this.#unanswered && call.start - this.#lastTime > QUIET;
    const before = this.#anchor ?? (this.#unanswered ? this.#last : undefined);
    if (this.#turned && this.#suspect && ++this.#turns >= TURNS) this.#suspect = false;
    this.#turned = false;
    // It came so late that its answer has been passed over.
    if (call.start <= this.#lastAnswer) return;
    if (quiet) {
      this.#anchor = call;
    } else if (before !== undefined && call.start > before.start) {
      this.#suspect = true;
      this.#turns = 0;
      this.#anchor = undefined;
    } else if (this.#anchor === undefined && this.#pipelining === 0 && !this.#suspect && !this.#unanswered) {
      this.#anchor = call;
      if (this.#damaged) this.#trial.begin();
    }
  }

  /** The call that an answer begun at `time` belongs to; undefined: none that is known. It stays the first. */
  match(time: number): DbCall | undefined {
    this.#lastTime = this.#lastAnswer = time;
    this.#early = false;
    this.#unanswered = false;
    this.#turned = true;
    if (this.#uncertain) {
      const anchor = this.#anchor;
      if (anchor !== undefined && anchor.start <= time + MAX_INVERSION) {
        while (this.#first !== undefined && this.#first !== anchor) this.#lose();
        this.#settle();
      }
    }
    const first = this.#first;
    this.#orphaned = true;
    if (first === undefined && this.#overflow > 0) {
      this.#overflow--;
      return undefined;
    }
    if (!this.#uncertain && (first === undefined || !this.#fits(first, time))) {
      // Its call may still come.
      this.#uncertain = true;
      this.#trial.end(false);
    }
    this.#orphaned = this.#uncertain;
    if (!this.#uncertain) return first;
    this.#sink.reject('orphan_response');
    return undefined;
  }

  /** May the first call be the one that is answered at `time`? */
  #fits(first: DbCall, time: number): boolean {
    const newest = this.#newest;
    const overlaps = newest !== undefined && newest.start > first.start && newest.start < time;
    if (overlaps) this.#pipelining = PATIENCE;
    if (!this.#damaged) return true;
    // An answer that came before its call is not the one that it was taken for.
    if (this.#trial.underWay) return !overlaps && first.start <= time;
    return first.start <= time + MAX_INVERSION;
  }

  /** The first call is answered as far as it will ever be. */
  answered(time: number): void {
    const call = this.#shift();
    if (call === undefined) return;
    this.#lastTime = call.responseLast = time;
    if (this.#first === undefined && this.#pipelining > 0) this.#pipelining--;
    if (this.#trial.underWay) this.#trial.keep(call);
    else this.#tell(call);
  }

  /** Tells a call that waits for no answer and was not added. */
  oneWay(call: DbCall): void {
    call.oneWay = true;
    call.responseLast = call.requestLast;
    this.#tell(call);
  }

  /** The first call is not told. */
  dropFirst(): void {
    const call = this.#shift();
    if (call !== undefined) this.recycle(call);
  }

  recycle(call: DbCall): void {
    this.#text -= call.kept;
    this.#pool.recycle(call);
  }

  /**
   * Calls are missing, or a part of one. If they may have passed a while ago (`late`), and an answer came that belongs to
   * none, it was theirs: a client that waits has them all.
   */
  callsLost(late: boolean): void {
    this.#trial.doubtLast();
    this.#damaged = true;
    this.#unanswered = !(late && this.#orphaned);
    // They may have passed just now: no silence comes before what follows.
    if (late) this.#lastTime = Number.POSITIVE_INFINITY;
    this.#uncertain = true;
    this.#anchor = undefined;
  }

  /** Bytes of the server were seen. */
  heard(): void {
    this.#heard = true;
  }

  /** Bytes of the server are passed over. A client that waits has nothing to come but the rest of that answer. */
  passedOver(): void {
    this.#heard = this.#torn = true;
    this.#anchor = undefined;
  }

  /**
   * Answers are missing, or a part of one. If a client that waits has sent something since the first of those that wait,
   * it has the answers of all before it.
   */
  answersLost(): void {
    this.#uncertain = this.#damaged = true;
    this.#torn = false;
    const newest = this.#newest;
    // Where a call is missing as well, the next answer may be its.
    const waits = this.#pipelining === 0 && !this.#unanswered && newest === this.#last && newest !== this.#first;
    // More than one that came since is no client that waits, or more than one answer is missing. And of its own answer
    // nothing was seen: else that is what is missing.
    this.#anchor = waits && this.#operations === 2 && !this.#heard ? newest : undefined;
    if (this.#anchor !== undefined) this.#trial.begin();
  }

  #settle(): void {
    this.#uncertain = this.#unanswered = this.#suspect = false;
    this.#anchor = undefined;
  }

  /** The server goes on with what was passed over, unless its client does not wait. */
  get torn(): boolean {
    return this.#torn;
  }

  /** The call that `match` would find although something is missing. */
  get anchor(): DbCall | undefined {
    return this.#anchor;
  }

  /** The first call is answered, but when is not known: not after `time`. */
  answeredBefore(time: number): void {
    if (this.#first !== undefined) this.#first.responsePartial = true;
    this.answered(time);
  }

  get uncertain(): boolean {
    return this.#uncertain;
  }

  /** Every call that waits will not be answered, as is known since `time`. */
  fail(errorType: string, time: number): void {
    this.#overflow = 0;
    this.#trial.end(true);
    while (this.#first !== undefined) {
      if (this.#first === this.#anchor) this.#uncertain = false;
      if (this.#uncertain) {
        this.#lose();
        continue;
      }
      const call = this.#shift();
      if (call === undefined) return;
      // The server has said why, if it was heard.
      if (!call.failed) call.errorType = errorType;
      call.responseLast = time;
      this.#tell(call);
    }
  }

  /** Nobody looks any longer: what becomes of the waiting calls is not known. */
  abandon(): void {
    this.#overflow = 0;
    this.#trial.end(false);
    for (let call = this.#shift(); call !== undefined; call = this.#shift()) {
      if (!call.ignored) this.#sink.reject('unfinished');
      this.recycle(call);
    }
  }

  reject(reason: string): void {
    this.#sink.reject(reason);
  }

  /** The first call's answer was not seen. */
  #lose(): void {
    const call = this.#shift();
    if (call === undefined) return;
    call.unanswered();
    this.#tell(call);
  }

  #tell(call: DbCall): void {
    if (!call.ignored) this.#sink.operation(this.connection.operation(call));
    this.recycle(call);
  }

  #shift(): DbCall | undefined {
    const call = this.#first;
    if (call === undefined) return undefined;
    this.#first = call.next;
    if (this.#first === undefined) this.#last = undefined;
    if (this.#newest === call) this.#newest = undefined;
    call.next = undefined;
    this.#waiting--;
    if (call.fresh) this.#operations--;
    return call;
  }
}
