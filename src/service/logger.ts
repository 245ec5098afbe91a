import type { Logger } from './component.ts';
import type { LogSampler } from './log_sampler.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';
type Fields = Readonly<Record<string, unknown>>;
const order: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A reload changes them in place: every logger of the process has the same ones. */
export interface LogOptions {
  level: Level;
  encoding: 'console' | 'json';
  write: (line: string) => void;
  now?: () => Date;
  /** No column for the caller. */
  disableCaller?: boolean;
  /** Of every line. */
  fields?: Fields;
  sampler?: LogSampler | undefined;
}

/** Lines as the Collector's: tab-separated for people, one JSON object for machines. */
export class LineLogger implements Logger {
  readonly #options: LogOptions;
  readonly #caller: string;
  readonly #fields: Fields;

  constructor(options: LogOptions, caller: string, fields: Fields = {}) {
    this.#options = options;
    this.#caller = caller;
    this.#fields = fields;
  }

  with(caller: string, fields: Fields): LineLogger {
    return new LineLogger(this.#options, caller, { ...this.#fields, ...fields });
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
    const { encoding, write, now, disableCaller, sampler } = this.#options;
    if (order[level] < order[this.#options.level] || sampler?.drops(level, message) === true) return;
    const time = now === undefined ? new Date() : now();
    const all = { ...this.#options.fields, ...this.#fields, ...fields };
    const caller = disableCaller === true ? undefined : this.#caller;
    if (encoding === 'json') {
      write(`${json({ level, ts: time.toISOString(), caller, msg: message, ...all })}\n`);
      return;
    }
    const rest = Object.keys(all).length === 0 ? '' : `\t${fieldsText(all)}`;
    write(`${time.toISOString()}\t${level}\t${caller === undefined ? '' : `${caller}\t`}${message}${rest}\n`);
  }
}

/** `{"a": 1, "b": "x"}`, as zap's console encoder spaces it. */
export function fieldsText(fields: Fields): string {
  return `{${Object.entries(fields)
    .map(([key, value]) => `${JSON.stringify(key)}: ${json(value)}`)
    .join(', ')}}`;
}

function json(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) => {
      if (inner instanceof Error) return inner.message;
      return typeof inner === 'bigint' ? inner.toString() : inner;
    }) ?? 'null'
  );
}
