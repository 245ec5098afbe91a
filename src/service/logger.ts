import type { Logger } from './component.ts';
import type { LogSampler } from './log_sampler.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';
type Fields = Readonly<Record<string, unknown>>;
const order: Readonly<Record<Level | 'none', number>> = { debug: 0, info: 1, warn: 2, error: 3, none: 4 };

export interface LogRecord {
  readonly level: Level;
  readonly time: Date;
  readonly message: string;
  readonly fields: Fields;
}

/** A reload changes them in place: every logger of the process has the same ones. */
export interface LogOptions {
  /** `none`: dpanic and above, which Sonde has not. */
  level: Level | 'none';
  encoding: 'console' | 'json';
  write: (line: string) => void;
  now?: () => Date;
  /** No column for the caller. */
  disableCaller?: boolean;
  /** Warnings and errors have the stack of the error that they tell of. */
  stacks?: boolean;
  /** Of every line. */
  fields?: Fields;
  sampler?: LogSampler | undefined;
  /** Gets every line as a log record, too. */
  emit?: ((record: LogRecord) => void) | undefined;
}

/** Lines as the Collector's: tab-separated for people, one JSON object for machines. */
export class LineLogger implements Logger {
  readonly #options: LogOptions;
  readonly #caller: string;
  readonly #fields: Fields;
  readonly #emits: boolean;

  constructor(options: LogOptions, caller: string, fields: Fields = {}, emits = true) {
    this.#options = options;
    this.#caller = caller;
    this.#fields = fields;
    this.#emits = emits;
  }

  with(caller: string, fields: Fields): LineLogger {
    return new LineLogger(this.#options, caller, { ...this.#fields, ...fields }, this.#emits);
  }

  /** Lines only: for what goes wrong with the log records themselves. */
  withoutRecords(): LineLogger {
    return new LineLogger(this.#options, this.#caller, this.#fields, false);
  }

  debug(message: string, fields?: Fields): void {
    this.#log('debug', message, fields);
  }
  info(message: string, fields?: Fields): void {
    this.#log('info', message, fields);
  }
  warn(message: string, fields?: Fields): void {
    this.#log('warn', message, fields);
  }
  error(message: string, fields?: Fields): void {
    this.#log('error', message, fields);
  }

  #log(level: Level, message: string, fields: Fields | undefined): void {
    const { encoding, write, now, disableCaller, sampler, emit, stacks } = this.#options;
    if (order[level] < order[this.#options.level] || sampler?.drops(level, message) === true) return;
    const time = now === undefined ? new Date() : now();
    const all = { ...this.#options.fields, ...this.#fields, ...fields };
    const caller = disableCaller === true ? undefined : this.#caller;
    const stacktrace = stacks === true && order[level] >= order.warn ? stackOf(all) : undefined;
    if (this.#emits) emit?.({ level, time, message, fields: all });
    if (encoding === 'json') {
      write(`${json({ level, ts: time.toISOString(), caller, msg: message, ...all, stacktrace })}\n`);
      return;
    }
    const rest = Object.keys(all).length === 0 ? '' : `\t${fieldsText(all)}`;
    const stack = stacktrace === undefined ? '' : `\n${stacktrace}`;
    write(`${time.toISOString()}\t${level}\t${caller === undefined ? '' : `${caller}\t`}${message}${rest}${stack}\n`);
  }
}

/** `{"a": 1, "b": "x"}`, as zap's console encoder spaces it. */
export function fieldsText(fields: Fields): string {
  return `{${Object.entries(fields)
    .map(([key, value]) => `${JSON.stringify(key)}: ${json(value)}`)
    .join(', ')}}`;
}

function stackOf(fields: Fields): string | undefined {
  for (const value of Object.values(fields)) if (value instanceof Error) return value.stack;
  return undefined;
}

function json(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) => {
      if (inner instanceof Error) return inner.message;
      return typeof inner === 'bigint' ? inner.toString() : inner;
    }) ?? 'null'
  );
}
