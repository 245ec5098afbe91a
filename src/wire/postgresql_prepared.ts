import { Bounded, type ConnectionStatements, type Statement } from './sql_statements.ts';

const MAX_STATEMENTS = 1024;
const NAME = String.raw`("(?:[^"]|"")+"|[\w$\u0080-\uffff]+)`;
const PREPARE = new RegExp(String.raw`^\s*PREPARE\s+${NAME}\s*(?:\([^)]*\)\s*)?AS\s+(.*)$`, 'is');
const EXECUTE = new RegExp(String.raw`^\s*EXECUTE\s+${NAME}`, 'i');
const DEALLOCATE = new RegExp(String.raw`^\s*DEALLOCATE\s+(?:PREPARE\s+)?${NAME}`, 'i');
/** Behind each name of several. */
const SEPARATOR = '\0';

/**
 * What the names of one connection's prepared statements stand for, those of Parse and those of SQL's PREPARE alike. The
 * server refuses a name that is taken; what was prepared by a request that failed is taken back.
 */
export class PreparedStatements {
  readonly #statements: ConnectionStatements;
  readonly #names = new Bounded<string, Statement>(MAX_STATEMENTS);

  constructor(statements: ConnectionStatements) {
    this.#statements = statements;
  }

  get(name: string): Statement | undefined {
    return this.#names.get(name);
  }

  /** What `revoke` takes if the request fails. */
  prepare(name: string, statement: Statement): string {
    if (name !== '' && this.#names.get(name) !== undefined) return '';
    this.#names.set(name, statement);
    return name + SEPARATOR;
  }

  /** `names`: what `prepare` has returned, one behind the other. */
  revoke(names: string): void {
    if (names === '') return;
    for (const name of names.split(SEPARATOR)) if (name !== '') this.#names.delete(name);
  }

  close(name: string): void {
    this.#names.delete(name);
  }

  clear(): void {
    this.#names.clear();
  }

  /** The statement that runs: of `EXECUTE name` the one that was prepared, if that is known. */
  resolve(statement: Statement): Statement {
    if (!statement.naming || statement.operation !== 'EXECUTE' || statement.list) return statement;
    const name = EXECUTE.exec(statement.raw || statement.text)?.[1];
    return (name === undefined ? undefined : this.#names.get(fold(name))) ?? statement;
  }

  /** PREPARE, DEALLOCATE and DISCARD. Returns what `revoke` takes. */
  run(statement: Statement): string {
    const { operation } = statement;
    if (!statement.naming || operation === 'EXECUTE') return '';
    const text = statement.raw || statement.text;
    if (statement.list) {
      // What becomes of names among other statements is not followed.
      this.clear();
      return '';
    }
    if (operation === 'PREPARE') {
      const found = PREPARE.exec(text);
      if (found?.[1] === undefined || found[2] === undefined) return '';
      return this.prepare(fold(found[1]), this.#statements.of(found[2], statement.cut));
    }
    const name = operation === 'DISCARD' ? 'ALL' : DEALLOCATE.exec(text)?.[1];
    if (name?.toUpperCase() === 'ALL') this.clear();
    else if (name !== undefined) this.close(fold(name));
    return '';
  }
}

/** Names without quotes are in lower case. */
const fold = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
