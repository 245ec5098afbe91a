/** The text of a statement as it leaves: each literal is `?`, white space is a space. */
export class SqlText {
  text = '';
  /** White space or a comment stood before the next token. */
  gap = false;
  /** Where the parentheses that are open stand. */
  readonly #open: number[] = [];

  put(token: string): void {
    if (this.gap && this.text !== '') this.text += ' ';
    this.gap = false;
    this.text += token;
  }

  /** `IN (?, ?, ?)` and `VALUES (?, ?)` are `(?)`. */
  literal(): void {
    if (this.text.endsWith('(?,')) {
      this.text = this.text.slice(0, -1);
      this.gap = false;
    } else {
      this.put('?');
    }
  }

  /** The sign of a number belongs to it where nothing stands that it could be taken from. */
  dropSign(): void {
    if (!/(?:^|[(,=<>[]) ?[-+]$/.test(this.text.slice(-3))) return;
    const kept = this.text.slice(0, -1);
    this.gap = kept.endsWith(' ');
    this.text = kept.trimEnd();
  }

  /** A parenthesis has been put. */
  open(): void {
    this.#open.push(this.text.length - 1);
  }

  /** The one that closes it. Of the same tuples one stays. */
  close(): void {
    const start = this.#open.pop();
    if (start === undefined) return;
    const tuple = this.text.slice(start);
    if (!tuple.includes('?')) return;
    for (const comma of [',', ', ']) {
      const before = start - comma.length;
      if (this.text.endsWith(comma, start) && this.text.endsWith(tuple, before)) this.text = this.text.slice(0, before);
    }
  }
}
