// Generated from bpf/events.h by scripts/gen/layout.mjs: do not edit.
// A struct's field is its offset in bytes.

// struct sonde_config
export const CONFIG_SIZE = 32;
export const CONFIG_NETNS = 0;
export const CONFIG_OWN_TGID = 4;
export const CONFIG_PIDNS = 8;
export const CONFIG_PIDNS_LEVEL = 12;
export const CONFIG_CAPTURE_BYTES = 16;
export const CONFIG_BUDGET_BYTES = 20;
export const CONFIG_BUDGET_INTERVAL = 24;
export const CONFIG_WAKEUP_BYTES = 28;

// struct sonde_conn
export const CONN_SIZE = 120;
export const CONN_KIND = 0;
export const CONN_FAMILY = 1;
export const CONN_ROLE = 2;
export const CONN_FLAGS = 3;
export const CONN_GENERATION = 4;
export const CONN_COOKIE = 8;
export const CONN_TIME = 16;
export const CONN_PEER_COOKIE = 24;
export const CONN_LOCAL_ADDR = 32;
export const CONN_LOCAL_ADDR_ELEMENTS = 16;
export const CONN_REMOTE_ADDR = 48;
export const CONN_REMOTE_ADDR_ELEMENTS = 16;
export const CONN_LOCAL_PORT = 64;
export const CONN_REMOTE_PORT = 66;
export const CONN_NETNS = 68;
export const CONN_SEND_BASE = 72;
export const CONN_RECV_BASE = 76;
export const CONN_PROCESS = 80;

// struct sonde_counters
export const COUNTERS_SIZE = 168;
export const COUNTERS_OPERATIONS = 0;
export const COUNTERS_BYTES = 8;
export const COUNTERS_RECORDED = 16;
export const COUNTERS_RECORDED_BYTES = 24;
export const COUNTERS_CAPTURED_BYTES = 32;
export const COUNTERS_DROPPED = 40;
export const COUNTERS_DROPPED_BYTES = 48;
export const COUNTERS_COUNTED = 56;
export const COUNTERS_COUNTED_BYTES = 64;
export const COUNTERS_SKIPPED = 72;
export const COUNTERS_SKIPPED_ELEMENTS = 10;
export const COUNTERS_IGNORED = 152;
export const COUNTERS_STATE_DROPPED = 160;

// struct sonde_data
export const DATA_SIZE = 48;
export const DATA_KIND = 0;
export const DATA_DIRECTION = 1;
export const DATA_SKIP = 2;
export const DATA_FIRST = 3;
export const DATA_GENERATION = 4;
export const DATA_COOKIE = 8;
export const DATA_TIME = 16;
export const DATA_OFFSET = 24;
export const DATA_LENGTH = 32;
export const DATA_CAPTURED = 36;
export const DATA_TGID = 40;
export const DATA_TID = 44;

// struct sonde_end
export const END_SIZE = 48;
export const END_KIND = 0;
export const END_OLD_STATE = 1;
export const END_NEW_STATE = 2;
export const END_FLAGS = 3;
export const END_GENERATION = 4;
export const END_COOKIE = 8;
export const END_TIME = 16;
export const END_SENT = 24;
export const END_RECEIVED = 32;
export const END_ERROR = 40;

// struct sonde_exec
export const EXEC_SIZE = 328;
export const EXEC_KIND = 0;
export const EXEC_FILENAME_LENGTH = 4;
export const EXEC_TIME = 8;
export const EXEC_PARENT_START_TIME = 16;
export const EXEC_PARENT_TGID = 24;
export const EXEC_NETNS = 28;
export const EXEC_PROCESS = 32;
export const EXEC_FILENAME = 72;
export const EXEC_FILENAME_ELEMENTS = 256;

// struct sonde_exit
export const EXIT_SIZE = 32;
export const EXIT_KIND = 0;
export const EXIT_CODE = 4;
export const EXIT_TIME = 8;
export const EXIT_START_TIME = 16;
export const EXIT_TGID = 24;

// struct sonde_fork
export const FORK_SIZE = 64;
export const FORK_KIND = 0;
export const FORK_PARENT_TGID = 4;
export const FORK_TIME = 8;
export const FORK_PARENT_START_TIME = 16;
export const FORK_PROCESS = 24;

// struct sonde_policy
export const POLICY_SIZE = 16;
export const POLICY_COOKIE = 0;
export const POLICY_MODE = 8;

// struct sonde_process
export const PROCESS_SIZE = 40;
export const PROCESS_START_TIME = 0;
export const PROCESS_CGROUP_ID = 8;
export const PROCESS_TGID = 16;
export const PROCESS_PID = 20;
export const PROCESS_COMM = 24;
export const PROCESS_COMM_ELEMENTS = 16;

// struct sonde_progress
export const PROGRESS_SIZE = 32;
export const PROGRESS_COOKIE = 0;
export const PROGRESS_SENT = 8;
export const PROGRESS_RECEIVED = 16;
export const PROGRESS_GENERATION = 24;

// struct sonde_unix_conn
export const UNIX_CONN_SIZE = 240;
export const UNIX_CONN_CONN = 0;
export const UNIX_CONN_BOUND = 120;
export const UNIX_CONN_PATH_LENGTH = 124;
export const UNIX_CONN_PATH = 128;
export const UNIX_CONN_PATH_ELEMENTS = 112;

// enum sonde_conn_flags
export const CONN_JOINED = 1;
export const CONN_OWN = 2;
export const CONN_OWNER = 4;

// enum sonde_direction
export const DIRECTION_SEND = 0;
export const DIRECTION_RECV = 1;

// enum sonde_end_flags
export const END_UNREAD = 1;

// enum sonde_policy_mode
export const POLICY_ALL = 0;
export const POLICY_HEADS = 1;
export const POLICY_COUNT = 2;

// enum sonde_record_kind
export const RECORD_CONN = 1;
export const RECORD_DATA = 2;
export const RECORD_END = 3;
export const RECORD_EXEC = 4;
export const RECORD_FORK = 5;
export const RECORD_EXIT = 6;

// enum sonde_role
export const ROLE_UNKNOWN = 0;
export const ROLE_CLIENT = 1;
export const ROLE_SERVER = 2;

// enum sonde_skip
export const SKIP_NONE = 0;
export const SKIP_SYSCALL = 1;
export const SKIP_IO_URING = 2;
export const SKIP_KTHREAD = 3;
export const SKIP_COMPAT = 4;
export const SKIP_KERNEL_SOCKET = 5;
export const SKIP_TRUNC = 6;
export const SKIP_FAULT = 7;
export const SKIP_BUDGET = 8;
export const SKIP_POLICY = 9;
export const SKIP_MAX = 10;
