import type { Logger } from './component.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';
type Fields = Readonly<Record<string, unknown>>;
const order: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LogOptions {
  readonly level: Level;
  readonly encoding: 'console' | 'json';
  readonly write: (line: string) => void;
  readonly now?: () => Date;
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
    const { encoding, write, now } = this.#options;
    if (order[level] < order[this.#options.level]) return;
    const time = now === undefined ? new Date() : now();
    const all = fields === undefined ? this.#fields : { ...this.#fields, ...fields };
    if (encoding === 'json') {
      write(`${json({ level, ts: time.toISOString(), caller: this.#caller, msg: message, ...all })}\n`);
      return;
    }
    const rest = Object.keys(all).length === 0 ? '' : `\t${fieldsText(all)}`;
    write(`${time.toISOString()}\t${level}\t${this.#caller}\t${message}${rest}\n`);
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
