/** How a command is answered. */
export const RESULT = 1;
/** OK, ERR or EOF. */
export const SIMPLE = 2;
export const PREPARES = 3;
/** COM_STATISTICS: a text. */
export const TEXT = 4;
/** COM_FIELD_LIST: definitions until EOF. */
export const FIELDS = 5;
export const ROWS = 6;

/** Names of commands that carry no text: what a user did, in the words of the protocol. */
export const NAMES: Readonly<Record<number, readonly [name: string, kind: number]>> = {
  2: ['INIT_DB', SIMPLE],
  4: ['FIELD_LIST', FIELDS],
  5: ['CREATE_DB', SIMPLE],
  6: ['DROP_DB', SIMPLE],
  7: ['REFRESH', SIMPLE],
  8: ['SHUTDOWN', SIMPLE],
  9: ['STATISTICS', TEXT],
  10: ['PROCESS_INFO', RESULT],
  12: ['PROCESS_KILL', SIMPLE],
  13: ['DEBUG', SIMPLE],
  14: ['PING', SIMPLE],
  21: ['REGISTER_SLAVE', SIMPLE],
  26: ['STMT_RESET', SIMPLE],
  27: ['SET_OPTION', SIMPLE],
  28: ['STMT_FETCH', ROWS],
  31: ['RESET_CONNECTION', SIMPLE],
};
export const COM_QUIT = 1;
export const COM_INIT_DB = 2;
export const COM_QUERY = 3;
export const COM_CHANGE_USER = 17;
export const COM_BINLOG_DUMP = 18;
export const COM_PREPARE = 22;
export const COM_EXECUTE = 23;
export const COM_LONG_DATA = 24;
export const COM_CLOSE = 25;
export const COM_BINLOG_DUMP_GTID = 30;
export const COM_RESET_CONNECTION = 31;
export const COM_BULK_EXECUTE = 250;
