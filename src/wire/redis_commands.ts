import { StringTable } from './strings.ts';

/** What a command changes for those that follow it, or how it is answered. */
export const PLAIN = 0;
/** Confirmed once for each channel, by messages that later come unasked. */
export const SUBSCRIBES = 1;
/** As before; without a channel it means all, and the number of answers is not known. */
export const UNSUBSCRIBES = 2;
export const MONITORS = 3;
/** What follows is the replication stream: another protocol, with the roles changed. */
export const REPLICATES = 4;
export const SELECTS = 5;
/** Ends a transaction. */
export const EXECUTES = 6;
/** CLIENT, of which REPLY may switch answers off. */
export const CLIENTS = 7;
/** The connection is as new. */
export const RESETS = 8;

export interface RedisCommand {
  readonly name: string;
  readonly kind: number;
  /** The first argument belongs to the name: `CONFIG GET`. */
  readonly container: boolean;
  /** The arguments are or may be credentials: they never leave. */
  readonly secret: boolean;
  /** `GET ?` by number of arguments, made when first needed. */
  readonly texts: string[];
  readonly subcommands: Map<string, RedisCommand>;
}

const make = (name: string, kind: number, container: boolean, secret: boolean): RedisCommand => ({
  name,
  kind,
  container,
  secret,
  texts: [],
  subcommands: new Map(),
});

/** https://redis.io/docs/latest/commands/, 7.4, and what Valkey 8 adds. */
const NAMES =
  'ACL APPEND ASKING AUTH BGREWRITEAOF BGSAVE BITCOUNT BITFIELD BITFIELD_RO BITOP BITPOS BLMOVE BLMPOP BLPOP BRPOP ' +
  'BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT CLUSTER COMMAND CONFIG COPY DBSIZE DEBUG DECR DECRBY DEL DISCARD DUMP ECHO EVAL ' +
  'EVALSHA EVALSHA_RO EVAL_RO EXEC EXISTS EXPIRE EXPIREAT EXPIRETIME FAILOVER FCALL FCALL_RO FLUSHALL FLUSHDB FUNCTION ' +
  'GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH GEOSEARCHSTORE ' +
  'GET GETBIT GETDEL GETEX GETRANGE GETSET HDEL HELLO HEXISTS HEXPIRE HEXPIREAT HEXPIRETIME HGET HGETALL HGETDEL HGETEX HINCRBY ' +
  'HINCRBYFLOAT HKEYS HLEN HMGET HMSET HPERSIST HPEXPIRE HPEXPIREAT HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSET HSETEX HSETNX ' +
  'HSTRLEN HTTL HVALS INCR INCRBY INCRBYFLOAT INFO KEYS LASTSAVE LATENCY LCS LINDEX LINSERT LLEN LMOVE LMPOP LOLWUT LPOP LPOS ' +
  'LPUSH LPUSHX LRANGE LREM LSET LTRIM MEMORY MGET MIGRATE MODULE MONITOR MOVE MSET MSETNX MULTI OBJECT PERSIST PEXPIRE ' +
  'PEXPIREAT PEXPIRETIME PFADD PFCOUNT PFDEBUG PFMERGE PFSELFTEST PING PSETEX PSUBSCRIBE PSYNC PTTL PUBLISH PUBSUB PUNSUBSCRIBE ' +
  'QUIT RANDOMKEY READONLY READWRITE RENAME RENAMENX REPLCONF REPLICAOF RESET RESTORE ROLE RPOP RPOPLPUSH RPUSH RPUSHX SADD ' +
  'SAVE SCAN SCARD SCRIPT SDIFF SDIFFSTORE SELECT SENTINEL SET SETBIT SETEX SETNX SETRANGE SHUTDOWN SINTER SINTERCARD ' +
  'SINTERSTORE SISMEMBER SLAVEOF SLOWLOG SMEMBERS SMISMEMBER SMOVE SORT SORT_RO SPOP SPUBLISH SRANDMEMBER SREM SSCAN SSUBSCRIBE ' +
  'STRLEN SUBSCRIBE SUBSTR SUNION SUNIONSTORE SUNSUBSCRIBE SWAPDB SYNC TIME TOUCH TTL TYPE UNLINK UNSUBSCRIBE UNWATCH WAIT ' +
  'WAITAOF WATCH XACK XADD XAUTOCLAIM XCLAIM XDEL XGROUP XINFO XLEN XPENDING XRANGE XREAD XREADGROUP XREVRANGE XSETID XTRIM ' +
  'ZADD ZCARD ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY ZINTER ZINTERCARD ZINTERSTORE ZLEXCOUNT ZMPOP ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ' +
  'ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ' +
  'ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION ZUNIONSTORE';
const SUBCOMMANDS: Readonly<Record<string, string>> = {
  ACL: 'CAT DELUSER DRYRUN GENPASS GETUSER HELP LIST LOAD LOG SAVE SETUSER USERS WHOAMI',
  CLIENT:
    'CACHING CAPA GETNAME GETREDIR HELP ID IMPORT-SOURCE INFO KILL LIST NO-EVICT NO-TOUCH PAUSE REPLY SETINFO SETNAME ' +
    'TRACKING TRACKINGINFO UNBLOCK UNPAUSE',
  CLUSTER:
    'ADDSLOTS ADDSLOTSRANGE BUMPEPOCH COUNT-FAILURE-REPORTS COUNTKEYSINSLOT DELSLOTS DELSLOTSRANGE FAILOVER FLUSHSLOTS ' +
    'FORGET GETKEYSINSLOT HELP INFO KEYSLOT LINKS MEET MYID MYSHARDID NODES REPLICAS REPLICATE RESET SAVECONFIG ' +
    'SET-CONFIG-EPOCH SETSLOT SHARDS SLAVES SLOT-STATS SLOTS',
  COMMAND: 'COUNT DOCS GETKEYS GETKEYSANDFLAGS HELP INFO LIST',
  CONFIG: 'GET HELP RESETSTAT REWRITE SET',
  DEBUG: 'DIGEST DIGEST-VALUE ERROR HELP JMAP LOADAOF OBJECT POPULATE PROTOCOL RELOAD RESTART SET-ACTIVE-EXPIRE SLEEP',
  FUNCTION: 'DELETE DUMP FLUSH HELP KILL LIST LOAD RESTORE STATS',
  LATENCY: 'DOCTOR GRAPH HELP HISTOGRAM HISTORY LATEST RESET',
  MEMORY: 'DOCTOR HELP MALLOC-STATS PURGE STATS USAGE',
  MODULE: 'HELP LIST LOAD LOADEX UNLOAD',
  OBJECT: 'ENCODING FREQ HELP IDLETIME REFCOUNT',
  PUBSUB: 'CHANNELS HELP NUMPAT NUMSUB SHARDCHANNELS SHARDNUMSUB',
  SCRIPT: 'DEBUG EXISTS FLUSH HELP KILL LOAD SHOW',
  SENTINEL:
    'CKQUORUM CONFIG DEBUG FAILOVER FLUSHCONFIG GET-MASTER-ADDR-BY-NAME GET-PRIMARY-ADDR-BY-NAME HELP INFO-CACHE ' +
    'IS-MASTER-DOWN-BY-ADDR IS-PRIMARY-DOWN-BY-ADDR MASTER MASTERS MONITOR MYID PENDING-SCRIPTS PRIMARIES PRIMARY REMOVE ' +
    'REPLICAS RESET SENTINELS SET SIMULATE-FAILURE SLAVES',
  SLOWLOG: 'GET HELP LEN RESET',
  XGROUP: 'CREATE CREATECONSUMER DELCONSUMER DESTROY HELP SETID',
  XINFO: 'CONSUMERS GROUPS HELP STREAM',
};
const SECRET = new Set(['ACL', 'AUTH', 'CONFIG', 'HELLO', 'MIGRATE', 'SENTINEL']);
const KINDS: Readonly<Record<string, number>> = {
  SUBSCRIBE: SUBSCRIBES,
  PSUBSCRIBE: SUBSCRIBES,
  SSUBSCRIBE: SUBSCRIBES,
  UNSUBSCRIBE: UNSUBSCRIBES,
  PUNSUBSCRIBE: UNSUBSCRIBES,
  SUNSUBSCRIBE: UNSUBSCRIBES,
  MONITOR: MONITORS,
  SYNC: REPLICATES,
  PSYNC: REPLICATES,
  SELECT: SELECTS,
  EXEC: EXECUTES,
  DISCARD: EXECUTES,
  CLIENT: CLIENTS,
  RESET: RESETS,
};
/** Commands of modules. They may be anything that looks like a command's name: a bounded number is remembered. */
const MODULE = /^(?:AI|BF|CF|CMS|CRDT|FT|GRAPH|JSON|RG|SEARCH|TDIGEST|TFUNCTION|TOPK|TS|V)[.][A-Z_]{2,24}$/;
const MODULE_VECTOR = /^V(?:ADD|CARD|DIM|EMB|GETATTR|INFO|LINKS|RANDMEMBER|REM|SETATTR|SIM)$/;
const MAX_MODULE_COMMANDS = 512;
export const MAX_NAME = 40;

/** A command that is none of the known: its name may be data and does not leave. */
export const OTHER_COMMAND = make('_OTHER', PLAIN, false, true);

const known = new Map<string, RedisCommand>(
  NAMES.split(' ').map((name) => [name, make(name, KINDS[name] ?? PLAIN, name in SUBCOMMANDS, SECRET.has(name))]),
);
const modules = new Map<string, RedisCommand>();

/** The command's names as they come, in any case, without making a string each time. */
const strings = new StringTable(1024);
const spelt = new Map<string, RedisCommand>();

export function findCommand(bytes: Uint8Array, start: number, end: number): RedisCommand {
  if (end - start > MAX_NAME) return OTHER_COMMAND;
  const text = strings.get(bytes, start, end);
  const before = spelt.get(text);
  if (before !== undefined) return before;
  const name = text.toUpperCase();
  const command = known.get(name) ?? findModule(name);
  if (command !== OTHER_COMMAND && spelt.size < 4096) spelt.set(text, command);
  return command;
}

export const isCommand = (bytes: Uint8Array, start: number, end: number): boolean =>
  findCommand(bytes, start, end) !== OTHER_COMMAND;

function findModule(name: string): RedisCommand {
  const before = modules.get(name);
  if (before !== undefined) return before;
  if (modules.size >= MAX_MODULE_COMMANDS || !(MODULE.test(name) || MODULE_VECTOR.test(name))) return OTHER_COMMAND;
  const command = make(name, PLAIN, false, false);
  modules.set(name, command);
  return command;
}

for (const [name, words] of Object.entries(SUBCOMMANDS)) {
  const command = known.get(name);
  for (const word of words.split(' ')) {
    command?.subcommands.set(word, make(`${name} ${word}`, command.kind, false, command.secret));
  }
}

/** `CONFIG` and `get` are `CONFIG GET`. What is no subcommand may be data, a key that was mistaken for one: it stays out. */
export function subcommand(command: RedisCommand, bytes: Uint8Array, start: number, end: number): RedisCommand {
  if (end - start > MAX_NAME) return command;
  const word = strings.get(bytes, start, end);
  return command.subcommands.get(word) ?? command.subcommands.get(word.toUpperCase()) ?? command;
}

/** Arguments that are shown as `?`; the rest is dots. */
const MAX_SHOWN = 8;

/** `SET ? ?`: neither keys nor values. */
export function obfuscatedText(command: RedisCommand, args: number): string {
  const shown = Math.min(args, MAX_SHOWN + 1);
  let text = command.texts[shown];
  if (text === undefined) {
    text = command.name + ' ?'.repeat(Math.min(shown, MAX_SHOWN)) + (shown > MAX_SHOWN ? ' ...' : '');
    command.texts[shown] = text;
  }
  return text;
}
