import { Bounded, type ConnectionStatements, type Statement } from './sql_statements.ts';

const MAX_STATEMENTS = 256;
const NAME = '(`(?:[^`]|``)+`|[\\w$\\u0080-\\uffff]+)';
const PREPARE = new RegExp(`^\\s*PREPARE\\s+${NAME}\\s+FROM\\s*(?=['"@])`, 'i');
const EXECUTE = new RegExp(`^\\s*EXECUTE\\s+${NAME}`, 'i');
const IMMEDIATE = /^\s*EXECUTE\s+IMMEDIATE\s*(?=['"])/i;
const DEALLOCATE = new RegExp(`^\\s*(?:DEALLOCATE|DROP)\\s+PREPARE\\s+${NAME}`, 'i');
/** Behind a string that is the whole text. */
const REST = /^\s*(?:;\s*)?(?:USING\b[^'"]*)?$/i;
/** https://dev.mysql.com/doc/refman/en/string-literals.html: what stands for something else than itself. */
const ESCAPED: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  0: '\0',
  Z: '\x1a',
  '%': '\\%',
  _: '\\_',
};

/**
 * What SQL's own `PREPARE name FROM 'text'` stands for on one connection
 * (https://dev.mysql.com/doc/refman/en/sql-prepared-statements.html). A name that is prepared again is another one, even
 * if that fails; what a procedure prepares is not seen.
 */
export class NamedStatements {
  readonly #statements: ConnectionStatements;
  readonly #names = new Bounded<string, Statement>(MAX_STATEMENTS);

  constructor(statements: ConnectionStatements) {
    this.#statements = statements;
  }

  clear(): void {
    this.#names.clear();
  }

  revoke(name: string): void {
    this.#names.delete(name);
  }

  /** The statement that runs: of `EXECUTE name` the one that was prepared, if that is known. `sql`: as it was sent. */
  resolve(statement: Statement, sql: string): Statement {
    if (statement.operation !== 'EXECUTE' || statement.list) return statement;
    const immediate = IMMEDIATE.exec(sql)?.[0].length;
    const name = EXECUTE.exec(sql)?.[1];
    const found =
      immediate !== undefined
        ? this.#read(sql, immediate, statement.cut)
        : name !== undefined
          ? this.#names.get(fold(name))
          : undefined;
    if (found?.unsettles === true) this.#statements.unsettle();
    return found ?? statement;
  }

  /** PREPARE and DEALLOCATE. Returns the name that `revoke` takes if it fails. */
  run(statement: Statement, sql: string): string {
    // What becomes of names among other statements, or in a procedure, is not followed.
    if (statement.list || statement.operation === 'CALL') {
      this.clear();
      return '';
    }
    if (statement.operation === 'EXECUTE') return '';
    const dropped = DEALLOCATE.exec(sql)?.[1];
    if (dropped !== undefined) {
      this.revoke(fold(dropped));
      return '';
    }
    const found = PREPARE.exec(sql);
    if (found?.[1] === undefined) {
      this.clear();
      return '';
    }
    const name = fold(found[1]);
    const prepared = this.#read(sql, found[0].length, statement.cut);
    if (prepared === undefined) this.revoke(name);
    else this.#names.set(name, prepared);
    return name;
  }

  /** What the string at `start` says, if the text is nothing but that string. */
  #read(sql: string, start: number, cut: boolean): Statement | undefined {
    const quote = sql.charAt(start);
    if (quote === '@') return undefined;
    const { escapes } = this.#statements;
    let text = '';
    for (let at = start + 1; at < sql.length; at++) {
      let char = sql.charAt(at);
      if (char === '\\' && escapes !== 'no') {
        if (escapes === 'unknown') return undefined;
        char = sql.charAt(++at);
        char = ESCAPED[char] ?? char;
      } else if (char === quote) {
        if (sql.charAt(at + 1) !== quote)
          return REST.test(sql.slice(at + 1)) ? this.#statements.of(text, false) : undefined;
        at++;
      }
      text += char;
    }
    return cut ? this.#statements.of(text, true) : undefined;
  }
}

/** Names are compared without regard to case. */
const fold = (name: string): string =>
  (name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name).toLowerCase();
