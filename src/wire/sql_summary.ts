import * as words from './sql_words.ts';

/** Characters of a summary, by the conventions; whole words only. */
const MAX_SUMMARY = 255;
const MAX_TARGET = 100;
/** Names of WITH that are remembered. */
const MAX_COMMON = 16;

/** What stands at one depth of parentheses: a query whose FROM has not come, */
const AWAITS_FROM = 1;
/** tables, separated by commas, */
const TABLES = 2;
/** the names that WITH gives to queries, */
const COMMON = 4;
/** and a query that names more tables behind USING. */
const TAKES_USING = 8;

/** Takes a statement word by word. */
export class SqlSummary {
  text = '';
  operation = '';
  #operations = 0;
  #targets: string[] = [];
  #start = true;
  #depth = 0;
  #frames: number[] = [0];
  /** The next name is a target: in a list, where functions may stand, or another. */
  #wanted: '' | 'table' | 'name' = '';
  /** A name has come, and may go on after a dot. */
  #name = '';
  /** The first word of the statement. */
  #statement = '';
  #define = false;
  /** The word before this, or '' if it was something else. */
  #last = '';
  /** What WITH may give a name to, and to what it has: no tables. */
  #common = '';
  #commons: string[] = [];
  #body = false;
  /** To the end of the statement, and of all. */
  #inert = false;
  #done = false;

  get collection(): string {
    this.#flush();
    // A procedure is none.
    return this.operation !== 'CALL' && this.#operations === 1 && this.#targets.length === 1
      ? (this.#targets[0] ?? '')
      : '';
  }

  /** `called`: a parenthesis follows at once. */
  word(word: string, called: boolean): void {
    if (this.#done || this.#inert) return;
    if (this.#name.endsWith('.')) {
      this.#name += word;
      return;
    }
    const upper = word.length > 20 ? word : word.toUpperCase();
    // t.update, @update, :update; MySQL's INSERT(a, 1, 2, b)
    if (this.#last === '.' || (called && upper === 'INSERT' && this.#last !== 'THEN')) {
      this.#last = '';
      return;
    }
    // ROWS FROM (f(1), g(2))
    if (upper === 'FROM' && this.#last === 'ROWS') this.#name = '';
    else this.#flush();
    if (!this.#keyword(upper)) this.#identifier(word, upper);
    this.#last = upper;
  }

  #identifier(name: string, upper: string): void {
    if (this.#wanted !== '') {
      if (!words.NOISE.has(upper)) this.#name = name;
    } else if (this.#has(COMMON) && (this.#last === 'WITH' || this.#last === 'RECURSIVE' || this.#last === ',')) {
      this.#common = name.toLowerCase();
    }
  }

  #keyword(upper: string): boolean {
    if (this.#start) return this.#first(upper);
    if (words.QUERIES.has(upper)) return this.#query(upper);
    if (this.#define && words.OBJECTS.has(upper)) {
      this.#define = false;
      this.#append(upper);
      this.#body = words.BODIES.has(upper);
      this.#want('name', this.#statement === 'DROP' && !this.#body ? TABLES : 0);
      return true;
    }
    switch (upper) {
      case 'FROM':
        if (!this.#has(AWAITS_FROM) || this.#last === 'DISTINCT') return false;
        this.#want('table', (this.#frame & TAKES_USING) | TABLES);
        return true;
      case 'JOIN':
      case 'STRAIGHT_JOIN':
        // USE INDEX FOR JOIN (a); SELECT STRAIGHT_JOIN a
        if (this.#last !== 'FOR' && (upper === 'JOIN' || this.#has(TABLES))) this.#want('table', this.#frame | TABLES);
        return true;
      case 'USING':
        if (this.#has(TAKES_USING)) this.#want('table', this.#frame | TABLES);
        return true;
      case 'WITH':
        // FROM (WITH …; but FROM f() WITH ORDINALITY, a
        this.#frame = this.#wanted === 'table' ? COMMON : this.#frame | COMMON;
        if (this.#wanted === 'table') this.#wanted = '';
        return true;
      case 'RECURSIVE':
        return this.#has(COMMON);
      case 'AS':
        if (this.#common !== '' && this.#commons.length < MAX_COMMON) this.#commons.push(this.#common);
        this.#common = '';
        return true;
      case 'ON':
        if (this.#wanted === 'table') this.#wanted = '';
        return true;
      default:
        return this.#end(upper);
    }
  }

  #end(upper: string): boolean {
    if (!words.ENDS.has(upper)) return false;
    // USE INDEX FOR ORDER BY (a), b
    if (this.#last === 'INDEX' || this.#last === 'KEY') return true;
    this.#frame &= ~TABLES;
    // UPDATE of MERGE has no table of its own.
    if (this.#wanted === 'table' || upper === 'SET') this.#wanted = '';
    return true;
  }

  #query(upper: string): boolean {
    const clause = words.CLAUSES.has(this.#last) && !(this.#statement === 'DECLARE' && upper === 'SELECT');
    if (!clause) this.#begin(upper);
    return !clause;
  }

  #first(upper: string): boolean {
    this.#start = false;
    if (upper === 'WITH') {
      this.#frame |= COMMON;
      return true;
    }
    this.#statement = upper;
    if (words.QUERIES.has(upper)) {
      this.#begin(upper);
    } else if (words.STATEMENTS.has(upper)) {
      this.#operation(upper);
      this.#define = words.DEFINITIONS.has(upper);
      this.#inert = words.INERT.has(upper);
      if (words.WITH_TARGET.has(upper)) this.#want('name', upper === 'TRUNCATE' ? TABLES : 0);
      // What it explains follows.
      if (upper === 'EXPLAIN') this.#operations--;
    }
    return true;
  }

  #begin(upper: string): void {
    this.#operation(upper);
    this.#wanted = '';
    this.#frame = upper === 'INSERT' ? 0 : AWAITS_FROM;
    // What MERGE does to its own table.
    if (this.#last === 'THEN') return;
    if (upper === 'DELETE' || upper === 'MERGE') this.#frame |= TAKES_USING;
    // DELETE has its tables after FROM, INSERT and MERGE after INTO.
    if (upper === 'UPDATE') this.#want('table', AWAITS_FROM | TABLES);
    else if (upper !== 'SELECT' && upper !== 'DELETE') this.#wanted = 'name';
  }

  #operation(upper: string): void {
    this.#operations++;
    this.operation ||= upper;
    this.#append(upper);
  }

  #want(kind: 'table' | 'name', frame: number): void {
    this.#wanted = kind;
    this.#frame = frame;
  }

  get #frame(): number {
    return this.#frames[this.#depth] ?? 0;
  }

  set #frame(flags: number) {
    this.#frames[this.#depth] = flags;
  }

  #has(flag: number): boolean {
    return (this.#frame & flag) !== 0;
  }

  /** A name in quotes. They stay where the name would be read as something else without them. */
  identifier(quoted: string): void {
    if (this.#done || this.#inert) return;
    const name = quoted.slice(1, -1);
    const shown = /^[\w$\u0080-\uffff]+$/.test(name) ? name : quoted;
    if (this.#name.endsWith('.')) {
      this.#name += shown;
    } else {
      this.#flush();
      this.#identifier(shown, '');
    }
    this.#last = '';
  }

  literal(): void {
    this.#flush();
    this.#wanted = '';
    this.#last = '';
    this.#start = false;
  }

  punctuation(code: number): void {
    if (code === 0x2e && this.#name !== '') {
      this.#name += '.';
      return;
    }
    if (code === 0x28) this.#open();
    else this.#flush();
    this.#last = '';
    if (code === 0x29) {
      this.#depth = Math.max(0, this.#depth - 1);
      this.#wanted = '';
    } else if (code === 0x2c) {
      this.#wanted = this.#has(TABLES) ? 'table' : '';
      this.#last = ',';
    } else if (code === 0x3b) {
      this.#start = true;
      this.#inert = this.#define = false;
      this.#depth = 0;
      this.#frame = 0;
      this.#commons = [];
      this.#wanted = this.#statement = this.#common = '';
    } else if (code !== 0x28 && code !== 0x2a) {
      this.#wanted = '';
      if (code === 0x2e || code === 0x40 || code === 0x3a) this.#last = '.';
    }
  }

  /** Tables may stand in parentheses, too: FROM (a JOIN b), but not USING (a). */
  #open(): void {
    const tables = this.#wanted === 'table' && this.#name === '' && this.#last !== 'USING';
    // generate_series(…) is no table; items(id, name) of INSERT is.
    if (this.#wanted === 'table') this.#name = '';
    this.#flush();
    this.#depth++;
    this.#frame = tables ? TABLES : 0;
    this.#wanted = tables ? 'table' : '';
  }

  #flush(): void {
    const name = this.#name;
    if (name === '') return;
    this.#name = '';
    this.#wanted = '';
    this.#done = this.#body;
    if (name.length > MAX_TARGET || (this.#commons.length > 0 && this.#commons.includes(name.toLowerCase()))) return;
    this.#append(name);
    if (!this.#targets.includes(name) && this.#targets.length < 16) this.#targets.push(name);
  }

  #append(word: string): void {
    const text = this.text === '' ? word : `${this.text} ${word}`;
    if (text.length <= MAX_SUMMARY) this.text = text;
  }

  /** The statement is over. */
  finish(): void {
    this.#flush();
  }
}
