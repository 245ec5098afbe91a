const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** Statements that read or write tables; they may stand inside others. */
export const QUERIES = set('SELECT INSERT UPDATE DELETE MERGE');
/** Whatever else a statement may begin with. Another first word is not trusted to be one. */
export const STATEMENTS = set(
  'ABORT ALTER ANALYZE BEGIN CALL CHANGE CHECK CHECKPOINT CLOSE CLUSTER COMMENT COMMIT COPY CREATE DEALLOCATE DECLARE DESC ' +
    'DESCRIBE DISCARD DO DROP END EXECUTE EXPLAIN FETCH FLUSH GRANT HANDLER IMPORT INSTALL KILL LISTEN LOAD LOCK MOVE NOTIFY ' +
    'OPTIMIZE PREPARE PURGE REASSIGN REFRESH REINDEX RELEASE RENAME REPAIR REPLACE RESET REVOKE ROLLBACK SAVEPOINT SECURITY SET ' +
    'SHOW START TABLE TRUNCATE UNINSTALL UNLISTEN UNLOCK USE VACUUM VALUES XA',
);
/** The next word is a table (or, for CALL, a procedure). */
export const WITH_TARGET = set('CALL COPY TRUNCATE REPLACE TABLE USE');
/** What follows names privileges, not what is done. */
export const INERT = set('GRANT REVOKE');
/** `CREATE TEMPORARY TABLE IF NOT EXISTS x` is `CREATE TABLE x`. */
export const DEFINITIONS = set('CREATE ALTER DROP');
export const OBJECTS = set(
  'TABLE INDEX VIEW SEQUENCE FUNCTION PROCEDURE TRIGGER EVENT RULE DATABASE SCHEMA TYPE USER ROLE EXTENSION',
);
/** Objects that have a body: it is not what this statement does. */
export const BODIES = set('FUNCTION PROCEDURE TRIGGER EVENT RULE');
export const NOISE = set(
  'IF NOT EXISTS ONLY INTO TABLE LATERAL IGNORE LOW_PRIORITY DELAYED HIGH_PRIORITY QUICK CONCURRENTLY OR FROM',
);
/** Before UPDATE or DELETE: part of another clause. */
export const CLAUSES = set('FOR KEY DO ON NO OF BEFORE AFTER');
/** No list of tables goes on behind them. */
export const ENDS = set(
  'WHERE GROUP HAVING WINDOW ORDER LIMIT OFFSET FETCH FOR UNION INTERSECT EXCEPT RETURNING SET VALUES INTO CONFLICT DUPLICATE',
);
