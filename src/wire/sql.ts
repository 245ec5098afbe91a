/**
 * What may leave of a SQL statement: its text without literals and comments, and a summary of low cardinality
 * (https://opentelemetry.io/docs/specs/semconv/database/database-spans/#generating-a-summary-of-the-query). Tolerant: it
 * tells words from literals, it does not parse; whatever cannot be told from a literal is one.
 */

import { asciiBytes } from './bytes.ts';
import { SqlSummary } from './sql_summary.ts';
import { SqlText } from './sql_text.ts';
import { readTraceparent } from './traceparent.ts';

export type SqlDialect = 'postgresql' | 'mysql';

/** Does a backslash escape in a string without a prefix? Settings of the session say so, and the server tells them. */
export type Escapes = 'yes' | 'no' | 'unknown';

export interface SqlStatement {
  /** Without literals and comments. */
  readonly text: string;
  readonly cut: boolean;
  readonly summary: string;
  readonly operation: string;
  /** The only table of an only operation. */
  readonly collection: string;
  /** From a sqlcommenter comment (https://google.github.io/sqlcommenter/spec/), or ''. */
  readonly traceparent: string;
  /** With other `Escapes` it would be another one. */
  readonly dependent: boolean;
  /** It may change how the strings of those after it are read. */
  readonly unsettles: boolean;
}

/** Characters of the obfuscated text. */
const MAX_TEXT = 4096;
/** Strings with a letter before their quote: bits, hexadecimal, national; PostgreSQL's have escapes behind an E, too. */
const PREFIXES = new Set(['b', 'x', 'n']);
const QUOTE = 0x27;
const DOUBLE = 0x22;
const BACKTICK = 0x60;
const BACKSLASH = 0x5c;
const DOLLAR = 0x24;
/** What stands for bytes that are no UTF-8. */
const REPLACEMENT = 0xfffd;
const UNSETTLING = /standard_conforming_strings|sql_mode|\b(?:discard|reset)\b/i;

/** Without `escapes`, the defaults of the two. */
export function analyseSql(
  source: string,
  cut: boolean,
  dialect: SqlDialect,
  escapes: Escapes = dialect === 'mysql' ? 'yes' : 'no',
): SqlStatement {
  return new Scanner(source, dialect === 'mysql', escapes).run(cut);
}

const WORD = Uint8Array.from({ length: 128 }, (_, code) => (/[\w$]/.test(String.fromCharCode(code)) ? 1 : 0));
const isWord = (code: number): boolean => code >= 0x80 || WORD[code] === 1;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isSpace = (code: number): boolean => code <= 0x20;

class Scanner {
  readonly #source: string;
  readonly #mysql: boolean;
  readonly #summary = new SqlSummary();
  readonly #out = new SqlText();
  #at = 0;
  #traceparent = '';
  /** Of strings without a prefix; of the string that a string would go on with. */
  readonly #escapes: Escapes;
  #continues: Escapes | undefined = undefined;
  #dependent = false;
  /** From here on nobody can tell what is a literal. */
  #hidden = false;
  readonly #unsettles: boolean;
  /** Where the comment ends whose text MySQL runs; −1: in none. */
  #versionEnd = -1;

  constructor(source: string, mysql: boolean, escapes: Escapes) {
    this.#source = source;
    this.#mysql = mysql;
    // Statements in one text are read one by one, each with the settings that the one before it has left.
    this.#unsettles = UNSETTLING.test(source);
    this.#escapes = mysql && this.#unsettles ? 'unknown' : escapes;
  }

  run(cut: boolean): SqlStatement {
    const { length } = this.#source;
    while (this.#at < length && this.#out.text.length <= MAX_TEXT && !this.#hidden) {
      if (this.#at === this.#versionEnd) this.#leaveVersion();
      else this.#token();
      if (this.#versionEnd >= 0 && this.#at > this.#versionEnd) this.#hidden = true;
    }
    const long = this.#out.text.length > MAX_TEXT || this.#at < length || this.#hidden;
    const summary = this.#summary;
    summary.finish();
    return {
      text: long ? this.#out.text.slice(0, MAX_TEXT) : this.#out.text.trimEnd(),
      cut: cut || long,
      summary: summary.text,
      operation: summary.operation,
      collection: cut || long ? '' : summary.collection,
      traceparent: this.#traceparent,
      dependent: this.#dependent,
      unsettles: this.#unsettles,
    };
  }

  #token(): void {
    const source = this.#source;
    const code = source.charCodeAt(this.#at);
    const next = source.charCodeAt(this.#at + 1);
    if (isSpace(code)) {
      this.#at++;
      this.#out.gap = true;
    } else if (code === 0x2d && next === 0x2d && (!this.#mysql || !(source.charCodeAt(this.#at + 2) > 0x20))) {
      this.#line();
    } else if (code === 0x23 && this.#mysql) {
      this.#line();
    } else if (code === 0x2f && next === 0x2a) {
      if (!this.#mysql || !this.#enterVersion()) this.#comment();
    } else if (code === QUOTE) {
      // After an E'…' what comes on another line goes on with it.
      this.#string(QUOTE, this.#continues ?? this.#escapes);
    } else {
      this.#continues = undefined;
      this.#other(code, next);
    }
  }

  #other(code: number, next: number): void {
    if (code === DOUBLE && this.#mysql) {
      this.#string(DOUBLE, this.#escapes);
    } else if (code === DOUBLE || (code === BACKTICK && this.#mysql)) {
      this.#identifier(code);
    } else if (code === DOLLAR && !this.#mysql) {
      this.#dollar();
    } else if (isDigit(code) || (code === 0x2e && isDigit(next))) {
      this.#number();
    } else if (isWord(code)) {
      this.#word();
    } else {
      this.#at++;
      if (code === 0x2c || code === 0x29 || code === 0x3b) this.#out.gap = false;
      this.#summary.punctuation(code);
      this.#out.put(this.#source.charAt(this.#at - 1));
      if (code === 0x28) this.#out.open();
      else if (code === 0x29) this.#out.close();
    }
  }

  #literal(): void {
    this.#summary.literal();
    this.#out.literal();
  }

  #line(): void {
    const end = this.#source.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#source.length : end;
    this.#out.gap = true;
  }

  /**
   * `/*!40101 … *\/` (MariaDB: `/*M!100100`) is run by servers from this version on, and skipped by others: it has to be
   * readable on its own. False: it is a comment.
   */
  #enterVersion(): boolean {
    const source = this.#source;
    const length = /^\/\*M?!\d{0,6}/.exec(source.slice(this.#at, this.#at + 10))?.[0].length;
    if (length === undefined || this.#versionEnd >= 0) return false;
    this.#at += length;
    const end = source.indexOf('*/', this.#at);
    this.#versionEnd = end < 0 ? source.length : end;
    this.#out.gap = true;
    return true;
  }

  #leaveVersion(): void {
    this.#at += 2;
    this.#versionEnd = -1;
    this.#out.gap = true;
  }

  /** PostgreSQL's comments nest. */
  #comment(): void {
    const source = this.#source;
    const start = this.#at + 2;
    let at = start;
    for (let depth = 1; depth > 0; ) {
      const close = source.indexOf('*/', at);
      if (close < 0) {
        at = source.length + 2;
        break;
      }
      const open = this.#mysql ? -1 : source.indexOf('/*', at);
      if (open >= 0 && open < close) depth++;
      else depth--;
      at = (open >= 0 && open < close ? open : close) + 2;
    }
    const found = /traceparent='([0-9a-f-]{55})'/.exec(source.slice(start, Math.min(at - 2, start + 1024)));
    if (found?.[1] !== undefined) this.#traceparent = readTraceparent(asciiBytes(found[1]), 0, found[1].length);
    this.#at = Math.min(at, source.length);
    this.#out.gap = true;
  }

  #string(quote: number, escapes: Escapes): void {
    this.#skipQuoted(quote, escapes);
    this.#literal();
    this.#continues = escapes;
  }

  /** Past the closing quote; a doubled quote does not close. */
  #skipQuoted(quote: number, escapes: Escapes): void {
    const source = this.#source;
    let at = this.#at + 1;
    for (; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === BACKSLASH) {
        at = this.#backslashes(at, quote, escapes);
      } else if (code === quote) {
        if (source.charCodeAt(at + 1) !== quote) break;
        at++;
      }
    }
    this.#at = Math.min(at + 1, source.length);
  }

  /** Position of the last character of a run of backslashes, or of the quote that it escapes. */
  #backslashes(start: number, quote: number, escapes: Escapes): number {
    const source = this.#source;
    let at = start;
    while (source.charCodeAt(at) === BACKSLASH) at++;
    if (source.charCodeAt(at) !== quote) return at - 1;
    const odd = ((at - start) & 1) === 1;
    if (odd) this.#dependent = true;
    // The second byte of a character in GBK or Shift_JIS may be a backslash too.
    const unreadable = escapes === 'yes' && source.charCodeAt(start - 1) === REPLACEMENT;
    if (unreadable || (odd && escapes === 'unknown')) {
      this.#hidden = true;
      return source.length;
    }
    return odd && escapes === 'yes' ? at : at - 1;
  }

  #identifier(quote: number): void {
    const start = this.#at;
    this.#skipQuoted(quote, 'no');
    const name = this.#source.slice(start, this.#at);
    this.#summary.identifier(name);
    this.#out.put(name);
  }

  /** `$1`, or `$tag$ … $tag$`. */
  #dollar(): void {
    const source = this.#source;
    const tag = /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(source.slice(this.#at, this.#at + 70))?.[0];
    if (tag !== undefined) {
      const end = source.indexOf(tag, this.#at + tag.length);
      this.#at = end < 0 ? source.length : end + tag.length;
      this.#literal();
      return;
    }
    const start = this.#at++;
    while (this.#at < source.length && isDigit(source.charCodeAt(this.#at))) this.#at++;
    this.#summary.literal();
    this.#out.put(source.slice(start, this.#at));
  }

  #number(): void {
    const source = this.#source;
    this.#out.dropSign();
    for (this.#at++; this.#at < source.length; this.#at++) {
      const code = source.charCodeAt(this.#at);
      const before = source.charCodeAt(this.#at - 1) | 0x20;
      const sign = (code === 0x2b || code === 0x2d) && before === 0x65 && isDigit(source.charCodeAt(this.#at + 1));
      if ((!isWord(code) && code !== 0x2e && !sign) || (code === DOLLAR && !this.#mysql)) break;
    }
    this.#literal();
  }

  #word(): void {
    const source = this.#source;
    const start = this.#at;
    while (this.#at < source.length && isWord(source.charCodeAt(this.#at))) this.#at++;
    const word = source.slice(start, this.#at);
    const next = source.charCodeAt(this.#at);
    if (next === QUOTE) {
      const lower = word.toLowerCase();
      const escapes = !this.#mysql && lower === 'e';
      if (escapes || PREFIXES.has(lower) || (this.#mysql && lower.startsWith('_'))) {
        this.#string(QUOTE, escapes ? 'yes' : this.#escapes);
        return;
      }
    } else if (next === 0x26 && !this.#mysql && (word === 'u' || word === 'U')) {
      if (this.#unicode(word)) return;
    }
    this.#summary.word(word, next === 0x28);
    this.#out.put(word);
  }

  /** `U&'…'`, `U&"…"` */
  #unicode(letter: string): boolean {
    const quote = this.#source.charCodeAt(this.#at + 1);
    if (quote !== QUOTE && quote !== DOUBLE) return false;
    this.#at++;
    if (quote === QUOTE) {
      this.#string(QUOTE, 'no');
    } else {
      this.#out.put(`${letter}&`);
      this.#identifier(DOUBLE);
    }
    return true;
  }
}
