import { MAX_DEPTH, OtlpError } from './reader.ts';

/**
 * Reads JSON piece by piece. JSON.parse would lose the digits of 64-bit numbers, and builds what nobody asked for.
 * Grammar: RFC 8259.
 */
const WHITESPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export class JsonCursor {
  position = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
    this.space();
  }

  /** Calls `field` for every key, with the cursor at its value; `field` must consume the value. null is an empty object. */
  object(field: (key: string) => void): void {
    if (this.null()) return;
    this.expect('{');
    if (this.accept('}')) return;
    do {
      const key = this.string();
      this.expect(':');
      field(key);
    } while (this.accept(','));
    this.expect('}');
  }

  /** null is an empty list. */
  array(element: () => void): void {
    if (this.null()) return;
    this.expect('[');
    if (this.accept(']')) return;
    do element();
    while (this.accept(','));
    this.expect(']');
  }

  isString(): boolean {
    return this.text.charCodeAt(this.position) === QUOTE;
  }

  string(): string {
    const { text } = this;
    const start = this.position;
    if (!this.isString()) throw this.error('string expected');
    let escaped = false;
    let at = start + 1;
    for (; ; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      // NaN: beyond the text.
      if (!(code > 0x1f)) throw new OtlpError(at < text.length ? 'control character in string' : 'string cut off', at);
      if (code === BACKSLASH) {
        escaped = true;
        at++;
      }
    }
    this.position = at + 1;
    this.space();
    return escaped ? this.unescape(start, at + 1) : text.slice(start + 1, at);
  }

  /** The number's own text. */
  number(): string {
    NUMBER.lastIndex = this.position;
    const found = NUMBER.exec(this.text)?.[0];
    if (found === undefined) throw this.error('number expected');
    this.position += found.length;
    this.space();
    return found;
  }

  boolean(): boolean {
    if (this.accept('true')) return true;
    if (this.accept('false')) return false;
    throw this.error('true or false expected');
  }

  null(): boolean {
    return this.accept('null');
  }

  /** Passes over any value. */
  skip(depth: number): void {
    if (depth > MAX_DEPTH) throw this.error('nested too deeply');
    switch (this.text[this.position]) {
      case '{':
        this.object(() => this.skip(depth + 1));
        return;
      case '[':
        this.array(() => this.skip(depth + 1));
        return;
      case '"':
        this.string();
        return;
      case 't':
      case 'f':
        this.boolean();
        return;
      case 'n':
        if (!this.null()) throw this.error('value expected');
        return;
      default:
        this.number();
    }
  }

  end(): void {
    if (this.position < this.text.length) throw this.error('more text after the message');
  }

  private unescape(start: number, end: number): string {
    try {
      return JSON.parse(this.text.slice(start, end));
    } catch {
      throw new OtlpError('invalid escape in string', start);
    }
  }

  private accept(token: string): boolean {
    if (!this.text.startsWith(token, this.position)) return false;
    this.position += token.length;
    this.space();
    return true;
  }

  private expect(token: string): void {
    if (!this.accept(token)) throw this.error(`'${token}' expected`);
  }

  private space(): void {
    if (!(this.text.charCodeAt(this.position) <= 0x20)) return;
    WHITESPACE.lastIndex = this.position;
    this.position += WHITESPACE.exec(this.text)?.[0].length ?? 0;
  }

  private error(message: string): OtlpError {
    return new OtlpError(message, this.position);
  }
}
