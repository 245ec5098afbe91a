/** Characters of a summary, by the conventions; whole words only. */
const MAX_SUMMARY = 255;
const MAX_TARGET = 100;

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** Statements that read or write tables; they may stand inside others. */
const QUERIES = set('SELECT INSERT UPDATE DELETE MERGE');
/** Whatever else a statement may begin with. Another first word is not trusted to be one. */
const STATEMENTS = set(
  'ABORT ALTER ANALYZE BEGIN CALL CHANGE CHECK CHECKPOINT CLOSE CLUSTER COMMENT COMMIT COPY CREATE DEALLOCATE DECLARE DESC ' +
    'DESCRIBE DISCARD DO DROP END EXECUTE EXPLAIN FETCH FLUSH GRANT HANDLER IMPORT INSTALL KILL LISTEN LOAD LOCK MOVE NOTIFY ' +
    'OPTIMIZE PREPARE PURGE REASSIGN REFRESH REINDEX RELEASE RENAME REPAIR REPLACE RESET REVOKE ROLLBACK SAVEPOINT SECURITY SET ' +
    'SHOW START TABLE TRUNCATE UNINSTALL UNLISTEN UNLOCK USE VACUUM VALUES XA',
);
/** The next word is a table (or, for CALL, a procedure). */
const WITH_TARGET = set('CALL COPY TRUNCATE REPLACE TABLE USE');
/** `CREATE TEMPORARY TABLE IF NOT EXISTS x` is `CREATE TABLE x`. */
const DEFINITIONS = set('CREATE ALTER DROP');
const OBJECTS = set('TABLE INDEX VIEW SEQUENCE FUNCTION PROCEDURE TRIGGER DATABASE SCHEMA TYPE USER ROLE EXTENSION');
const NOISE = set(
  'IF NOT EXISTS ONLY INTO TABLE LATERAL IGNORE LOW_PRIORITY DELAYED HIGH_PRIORITY QUICK CONCURRENTLY OR FROM',
);
/** Before UPDATE or DELETE: part of another clause. */
const CLAUSES = set('FOR KEY DO ON NO OF');

/** Takes a statement word by word. */
export class SqlSummary {
  text = '';
  operation = '';
  #operations = 0;
  #targets: string[] = [];
  #start = true;
  #depth = 0;
  /** By depth: a query stands there and its FROM has not come. */
  #from: boolean[] = [];
  /** The next name is a target: of FROM, where a list and functions may follow, or of another word. */
  #wanted: '' | 'from' | 'name' = '';
  /** A name has come, and may go on after a dot; in a list, after a comma. */
  #name = '';
  #list: '' | 'from' = '';
  #listDepth = 0;
  #define = false;
  #last = '';
  /** The definition of a procedure: its body is not what this statement does. */
  #body = false;
  #done = false;

  get collection(): string {
    this.#flush();
    // A procedure is none.
    return this.operation !== 'CALL' && this.#operations === 1 && this.#targets.length === 1
      ? (this.#targets[0] ?? '')
      : '';
  }

  word(word: string): void {
    if (this.#done) return;
    if (this.#name.endsWith('.')) {
      this.#name += word;
      return;
    }
    const upper = word.length > 20 ? word : word.toUpperCase();
    this.#flush();
    if (!this.#keyword(upper) && this.#wanted !== '' && !NOISE.has(upper)) this.#target(word);
    this.#last = upper;
  }

  #keyword(upper: string): boolean {
    if (this.#start) return this.#first(upper);
    if (QUERIES.has(upper) && !CLAUSES.has(this.#last)) {
      if (this.#wanted === 'name' && this.#last !== '') this.#wanted = '';
      this.#begin(upper);
      return true;
    }
    if (this.#define && OBJECTS.has(upper)) {
      this.#define = false;
      this.#append(upper);
      this.#body = upper === 'FUNCTION' || upper === 'PROCEDURE' || upper === 'TRIGGER';
      this.#wanted = 'name';
      return true;
    }
    if (upper === 'FROM' && this.#from[this.#depth] === true) {
      this.#from[this.#depth] = false;
      this.#want('from');
      return true;
    }
    if (upper === 'JOIN') {
      this.#want('from');
      return true;
    }
    if (upper === 'VALUES' || upper === 'SET' || upper === 'WHERE' || upper === 'ON' || upper === 'USING') {
      this.#list = '';
      // UPDATE of MERGE has no table of its own.
      if (this.#wanted === 'from' || upper === 'SET') this.#wanted = '';
      return true;
    }
    return false;
  }

  #first(upper: string): boolean {
    if (upper === 'WITH') {
      this.#start = false;
      return true;
    }
    this.#start = false;
    if (QUERIES.has(upper)) {
      this.#begin(upper);
    } else if (STATEMENTS.has(upper)) {
      this.#operation(upper);
      this.#define = DEFINITIONS.has(upper);
      if (WITH_TARGET.has(upper)) this.#wanted = 'name';
      // What it explains follows.
      if (upper === 'EXPLAIN') this.#operations--;
    }
    return true;
  }

  #begin(upper: string): void {
    this.#operation(upper);
    this.#list = '';
    this.#from[this.#depth] = upper !== 'INSERT';
    // DELETE has its table after FROM, INSERT and MERGE after INTO.
    this.#wanted = upper === 'SELECT' || upper === 'DELETE' ? '' : 'name';
  }

  #operation(upper: string): void {
    this.#operations++;
    this.operation ||= upper;
    this.#append(upper);
  }

  #want(kind: 'from'): void {
    this.#wanted = kind;
    this.#list = kind;
    this.#listDepth = this.#depth;
  }

  #target(name: string): void {
    this.#name = name;
  }

  /** Quoted names are taken without their quotes. */
  identifier(name: string): void {
    if (this.#name.endsWith('.')) this.#name += name;
    else {
      this.#flush();
      if (this.#wanted !== '') this.#target(name);
    }
    this.#last = '';
  }

  literal(): void {
    this.#flush();
    this.#wanted = '';
    this.#last = '?';
    this.#start = false;
  }

  punctuation(code: number): void {
    if (code === 0x2e && this.#name !== '') {
      this.#name += '.';
      return;
    }
    // generate_series(…) is no table; items(id, name) of INSERT is.
    if (code === 0x28 && this.#name !== '' && this.#wanted === 'from') this.#name = '';
    this.#flush();
    this.#last = '';
    if (code === 0x28) {
      this.#depth++;
      this.#from[this.#depth] = false;
      this.#wanted = '';
    } else if (code === 0x29) {
      this.#depth = Math.max(0, this.#depth - 1);
      this.#wanted = '';
    } else if (code === 0x2c) {
      this.#wanted = this.#list === 'from' && this.#depth === this.#listDepth ? 'from' : '';
    } else if (code === 0x3b) {
      this.#start = true;
      this.#depth = 0;
      this.#list = this.#wanted = '';
    } else if (code !== 0x2a) {
      this.#wanted = '';
    }
  }

  #flush(): void {
    const name = this.#name;
    if (name === '') return;
    this.#name = '';
    this.#wanted = '';
    this.#done = this.#body;
    if (name.length > MAX_TARGET) return;
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
