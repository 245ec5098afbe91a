/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Every record that crosses from the kernel to user space, and every value that user space writes
 * for the kernel: the only definition. layout.bpf.c carries these types' BTF; the generator turns
 * them into src/kernel/layout.gen.ts. Fixed-width types, explicit padding, host byte order.
 *
 * Times are CLOCK_MONOTONIC in nanoseconds (bpf_ktime_get_ns). Addresses are network byte order,
 * IPv4 as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2); ports are host byte order.
 */
#ifndef SONDE_EVENTS_H
#define SONDE_EVENTS_H

enum sonde_record_kind {
	SONDE_CONN = 1, /* struct sonde_conn: precedes the first data of a connection or of a new owner */
	SONDE_DATA = 2, /* struct sonde_data and `captured` bytes */
	SONDE_END = 3,	/* struct sonde_end */
	SONDE_EXEC = 4, /* struct sonde_exec */
	SONDE_FORK = 5, /* struct sonde_fork */
	SONDE_EXIT = 6, /* struct sonde_exit */
};

enum sonde_direction { SONDE_SEND = 0, SONDE_RECV = 1 };

enum sonde_role {
	SONDE_ROLE_UNKNOWN = 0, /* the bytes decide: who sends the request */
	SONDE_ROLE_CLIENT = 1,	/* active open */
	SONDE_ROLE_SERVER = 2,	/* passive open */
};

/* sonde_conn.flags */
enum sonde_conn_flags {
	SONDE_CONN_JOINED =
	    1, /* opened before the tap, or not known (AF_UNIX): offset 0 may be amid the stream */
	SONDE_CONN_OWN = 2,   /* a socket of Sonde itself: no data follows */
	SONDE_CONN_OWNER = 4, /* the same connection, used by another process than before */
};

/* Why bytes of an operation were not copied; 0 = they were, or only the size limits cut them. */
enum sonde_skip {
	SONDE_SKIP_NONE = 0,
	SONDE_SKIP_SYSCALL =
	    1, /* not a plain read or write (sendfile, splice, io_uring_enter, sendmmsg of several, ...) */
	SONDE_SKIP_IO_URING =
	    2,			/* the task has an io_uring: its saved registers may belong to another call */
	SONDE_SKIP_KTHREAD = 3, /* kernel thread or io worker: no user registers */
	SONDE_SKIP_COMPAT = 4,	/* 32-bit task */
	SONDE_SKIP_KERNEL_SOCKET = 5,
	SONDE_SKIP_TRUNC = 6,  /* MSG_TRUNC: consumed without being written to the buffer */
	SONDE_SKIP_FAULT = 7,  /* the user page was not present */
	SONDE_SKIP_BUDGET = 8, /* over the byte budget of the socket: 512 bytes of a large one, and the
				  header blocks of HTTP/2 */
	SONDE_SKIP_POLICY = 9, /* user space asked for less */
	SONDE_SKIP_MAX = 10,
};

/* sonde_end.flags */
enum sonde_end_flags {
	SONDE_END_UNREAD = 1, /* the process may still read what has arrived: `received` counts it */
};

/* struct sonde_policy.mode */
enum sonde_policy_mode {
	SONDE_POLICY_ALL = 0,	/* copy up to config.capture_bytes of each operation */
	SONDE_POLICY_HEADS = 1, /* copy only the first record of each operation */
	SONDE_POLICY_COUNT = 2, /* no records but conn and end; counters go on */
};

struct sonde_process {
	__u64 start_time; /* task_struct.group_leader->start_boottime, ns; with tgid the key of a process */
	__u64 cgroup_id;  /* inode of the cgroup v2 directory */
	__u32 tgid;	  /* in the initial PID namespace */
	__u32 pid;	  /* the same as seen in Sonde's PID namespace; 0: not visible there */
	char comm[16];
};

struct sonde_conn {
	__u8 kind;
	__u8 family; /* AF_INET, AF_INET6, AF_UNIX (1, 2, 10) */
	__u8 role;
	__u8 flags;
	__u32 generation; /* grows when a socket is connected again */
	__u64 cookie;	  /* bpf_get_socket_cookie */
	__u64 time;
	__u64 peer_cookie; /* AF_UNIX: cookie of the other end, else 0 */
	__u8 local_addr[16];
	__u8 remote_addr[16];
	__u16 local_port;
	__u16 remote_port;
	__u32 netns;	 /* inode of the network namespace */
	__u32 send_base; /* TCP sequence number of the sent stream's offset 0 */
	__u32 recv_base; /* the same for the received stream */
	struct sonde_process process;
};

struct sonde_unix_conn {
	struct sonde_conn conn;
	__u32 bound;	   /* 1: `path` is this end's own bound address (a server), 0: the peer's */
	__u32 path_length; /* bytes of sun_path, 0: unnamed; an abstract name begins with a NUL */
	char path[112];	   /* UNIX_PATH_MAX is 108 */
};

/*
 * `length` bytes at `offset`, of which the first `captured` follow; the record is exactly that long. An
 * operation is one or more records; the last one's length covers what was not copied, and of HTTP/2 every
 * body that was cut ends a record. length = 0: end of stream (recv).
 */
struct sonde_data {
	__u8 kind;
	__u8 direction;
	__u8 skip;  /* enum sonde_skip: why captured < length, where a reason is known */
	__u8 first; /* 1: first record of a socket operation */
	__u32 generation;
	__u64 cookie;
	__u64 time;
	__u64 offset; /* stream offset of the first byte, from the connection's beginning or from joining */
	__u32 length;
	__u32 captured;
	__u32 tgid;
	__u32 tid;
};

struct sonde_end {
	__u8 kind;
	__u8 old_state; /* TCP_* of <net/tcp_states.h> */
	__u8 new_state; /* TCP_FIN_WAIT1, TCP_CLOSE_WAIT or TCP_CLOSE */
	__u8 flags;
	__u32 generation;
	__u64 cookie;
	__u64 time;
	__u64
	    sent; /* stream offsets at the time, without a FIN; received: as far as it was or will be read */
	__u64 received;
	__u32 error; /* sk_err: 0, ECONNRESET (104), ETIMEDOUT (110), ... */
	__u32 padding;
};

struct sonde_exec {
	__u8 kind;
	__u8 padding[3];
	__u32 filename_length; /* with the NUL; SONDE_FILENAME_MAX: cut */
	__u64 time;
	__u64 parent_start_time;
	__u32 parent_tgid;
	__u32 netns;
	struct sonde_process process;
	char filename[256];
};

struct sonde_fork {
	__u8 kind;
	__u8 padding[3];
	__u32 parent_tgid;
	__u64 time;
	__u64 parent_start_time;
	struct sonde_process process; /* the child */
};

struct sonde_exit {
	__u8 kind;
	__u8 padding[3];
	__u32 code; /* wait status */
	__u64 time;
	__u64 start_time;
	__u32 tgid;
	__u32 padding2;
};

/*
 * Output of the iterator iter_sockets: how far a connection that was told has come. Unlike records it also
 * tells of connections of which no data is copied.
 */
struct sonde_progress {
	__u64 cookie;
	__u64 sent; /* stream offsets */
	__u64 received;
	__u64 generation;
};

/* Per-CPU counters (map `counters`, one entry). operations = recorded + counted + dropped. */
struct sonde_counters {
	__u64 operations; /* successful socket operations on sockets in scope (PEEK, OOB and error queue are
			     none) */
	__u64 bytes;
	__u64 recorded; /* operations whose records were all accepted by the ring */
	__u64 recorded_bytes;
	__u64 captured_bytes; /* of recorded_bytes, those copied */
	__u64 dropped;	      /* operations with a record that the ring refused */
	__u64 dropped_bytes;
	__u64 counted; /* operations of which no record was wanted: other socket kinds, policy, own sockets */
	__u64 counted_bytes;
	__u64 skipped[10];   /* operations recorded without (all) bytes, by enum sonde_skip; 0: size limits */
	__u64 ignored;	     /* PEEK, OOB and error-queue reads: they take nothing of the stream */
	__u64 state_dropped; /* conn, end and process records that the ring refused */
};

/*
 * Map `config`, one entry, writable while programs run. own_tgid, pidns and pidns_level are written by the
 * program iter_tcp, which runs in the task that reads its iterator: user space runs it once after attaching,
 * and does not overwrite them later.
 */
struct sonde_config {
	__u32 netns; /* inode of the only network namespace to observe; 0: all */
	__u32
	    own_tgid; /* Sonde, in the initial PID namespace; this and the next two: by iter_tcp, 0 before */
	__u32 pidns;  /* inode of Sonde's PID namespace */
	__u32 pidns_level;     /* its depth */
	__u32 capture_bytes;   /* per operation, at most 16384; header blocks of HTTP/2 come beyond it */
	__u32 budget_bytes;    /* per socket and interval; over it, large operations are cut to 512 */
	__u32 budget_interval; /* ns */
	__u32 wakeup_bytes;    /* wake user space when so much is waiting in the ring */
};

/* Map `policy`, mmapped; slot = cookie & (entries - 1); valid only if the cookie matches. */
struct sonde_policy {
	__u64 cookie;
	__u32 mode;
	__u32 padding;
};

#endif
