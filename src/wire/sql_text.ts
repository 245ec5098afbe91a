const OPEN = 0x28;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const QUESTION = 0x3f;

/** The text of a statement as it leaves: each literal is `?`, white space is a space. */
export class SqlText {
  text = '';
  /** White space or a comment stood before the next token. */
  gap = false;
  /** First character of the last token, and of the one before: what has been put is read only where they ask for it. */
  #last = 0;
  #before = 0;
  /** Of the parentheses that are open: where they stand, if a comma is before them, or -1. */
  readonly #open: number[] = [];

  put(token: string): void {
    if (this.gap && this.text !== '') this.text += ' ';
    this.gap = false;
    this.text += token;
    this.#before = this.#last;
    this.#last = token.charCodeAt(0);
  }

  /** `IN (?, ?, ?)` and `VALUES (?, ?)` are `(?)`. */
  literal(): void {
    if (this.#last === COMMA && this.#before === QUESTION && this.text.endsWith('(?,')) {
      this.text = this.text.slice(0, -1);
      this.gap = false;
      this.#last = QUESTION;
      this.#before = OPEN;
    } else {
      this.put('?');
    }
  }

  /** The sign of a number belongs to it where nothing stands that it could be taken from. */
  dropSign(): void {
    if (this.#last !== PLUS && this.#last !== MINUS) return;
    if (!/(?:^|[(,=<>[]) ?[-+]$/.test(this.text.slice(-3))) return;
    const kept = this.text.slice(0, -1);
    this.gap = kept.endsWith(' ');
    this.text = kept.trimEnd();
    this.#last = this.#before;
    this.#before = this.text.charCodeAt(this.text.length - 2);
  }

  /** A parenthesis has been put. */
  open(): void {
    this.#open.push(this.#before === COMMA ? this.text.length - 1 : -1);
  }

  /** The one that closes it. Of the same tuples one stays. */
  close(): void {
    const start = this.#open.pop();
    if (start === undefined || start < 0) return;
    const tuple = this.text.slice(start);
    if (!tuple.includes('?')) return;
    for (const comma of [',', ', ']) {
      const before = start - comma.length;
      if (this.text.endsWith(comma, start) && this.text.endsWith(tuple, before)) {
        this.text = this.text.slice(0, before);
        return;
      }
    }
  }
}
