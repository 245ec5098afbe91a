// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * The socket tap. Two back ends for the operations, of which user space loads one; the programs of
 * state are for both. No program relies on another being loaded.
 *
 *   sock_send, sock_recv                        6.3 and later: tracepoints, once per operation
 *   sendmsg_exit, recvmsg_exit, sendpage_exit   5.15 to 6.2: fexit
 *   sock_state                                  opening and end of TCP connections
 *   iter_tcp                                    TCP sockets that are older than the tap; run once
 *   iter_sockets                                how far connections have come; run when somebody asks
 */
#include "lib/operation.h"
#include <bpf/bpf_tracing.h>

/* BPF_PROG names all arguments of a hook, wanted or not. */
#pragma clang diagnostic ignored "-Wunused-parameter"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send, struct sock *sk, int result, int flags)
{
	return socket_operation(sk, SONDE_SEND, result, flags);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv, struct sock *sk, int result, int flags)
{
	return socket_operation(sk, SONDE_RECV, result, flags);
}

/* Where BTF has no __sock_sendmsg, user space attaches it to sock_sendmsg. */
SEC("fexit/__sock_sendmsg")
int BPF_PROG(sendmsg_exit, struct socket *sock, struct msghdr *msg, int result)
{
	return socket_operation(sock->sk, SONDE_SEND, result, 0);
}

SEC("fexit/sock_recvmsg")
int BPF_PROG(recvmsg_exit, struct socket *sock, struct msghdr *msg, int flags, int result)
{
	return socket_operation(sock->sk, SONDE_RECV, result, flags);
}

/* sendfile and splice into a TCP socket, which pass by sendmsg before 6.5. */
SEC("fexit/inet_sendpage")
int BPF_PROG(sendpage_exit, struct socket *sock, struct page *page, int offset, unsigned long size, int flags,
	     long result)
{
	return socket_operation(sock->sk, SONDE_SEND, result, flags);
}

/* A new connection on this socket, perhaps not its first (connect with AF_UNSPEC, then connect again). */
static __always_inline void begin(struct socket_state *state)
{
	struct sonde_policy *last = find_policy(state->cookie);

	if (last)
		last->cookie = 0;
	state->generation++;
	state->role = SONDE_ROLE_CLIENT;
	state->flags = 0;
	state->owner = 0;
	state->offset[SONDE_SEND] = 0;
	state->offset[SONDE_RECV] = 0;
	state->frames[SONDE_SEND].known = 0;
	state->frames[SONDE_RECV].known = 0;
}

static __always_inline void open_state(struct sock *sk, struct tcp_sock *tcp, int old_state, int new_state)
{
	struct socket_state *state = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (!state)
		return;
	state->cookie = bpf_get_socket_cookie(sk);
	if (new_state == TCP_SYN_SENT)
		return begin(state);
	/* Simultaneous open comes here from SYN_RECV as well: both ends are clients. */
	if (old_state == TCP_SYN_RECV && state->role == SONDE_ROLE_UNKNOWN)
		state->role = SONDE_ROLE_SERVER;
	if (!(state->flags & SOCKET_BASES))
		set_bases(state, sk, tcp);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(sock_state, struct sock *sk, int old_state, int new_state)
{
	struct sonde_config *cfg = get_config();
	struct socket_state *state;
	struct sonde_counters *c;
	struct tcp_sock *tcp;

	if (!cfg || !in_scope(cfg, sk))
		return 0;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return 0;
	switch (new_state) {
	case TCP_SYN_SENT:
	case TCP_ESTABLISHED:
		open_state(sk, tcp, old_state, new_state);
		return 0;
	case TCP_FIN_WAIT1:
	case TCP_CLOSE_WAIT:
	case TCP_CLOSE:
		state = bpf_sk_storage_get(&sockets, sk, NULL, 0);
		/* A connection that nobody was told of has no end either. */
		if (!state || !(state->flags & SOCKET_REPORTED) ||
		    report_end(sk, state, tcp, old_state, new_state))
			return 0;
		c = get_counters();
		if (c)
			c->state_dropped++;
	}
	return 0;
}

struct listener {
	__u32 netns;
	__u32 port;
};

/* Ports that are listened on, while iter_tcp runs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, struct listener);
	__type(value, __u8);
} listeners SEC(".maps");

/* An iterator's program runs in the task that reads it: this is how the programs learn who Sonde is. */
static __always_inline void learn_own(struct sonde_config *cfg)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	struct upid upid = {};
	const void *numbers = __builtin_preserve_access_index(&pid->numbers);

	cfg->own_tgid = task->tgid;
	cfg->pidns_level = level;
	if (!bpf_probe_read_kernel(&upid, sizeof(upid), numbers + level * sizeof(struct upid)))
		cfg->pidns = BPF_CORE_READ(upid.ns, ns.inum);
}

/* The kernel lists listeners first. A socket on a listener's port was accepted, another was connected. */
SEC("iter/tcp")
int iter_tcp(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct sonde_config *cfg = get_config();
	struct socket_state *state;
	struct listener key = {};
	struct tcp_sock *tcp;
	__u8 value = 1;

	if (!cfg)
		return 0;
	/* Called at least once, at the end, without a socket. */
	if (!common) {
		learn_own(cfg);
		return 0;
	}
	key.netns = common->skc_net.net->ns.inum;
	key.port = common->skc_num;
	if (cfg->netns && key.netns != cfg->netns)
		return 0;
	if (common->skc_state == TCP_LISTEN) {
		bpf_map_update_elem(&listeners, &key, &value, BPF_ANY);
		return 0;
	}
	/* No full socket: a request or TIME_WAIT. */
	tcp = bpf_skc_to_tcp_sock(common);
	if (!tcp || common->skc_state == TCP_CLOSE || common->skc_state == TCP_SYN_SENT)
		return 0;
	state = bpf_sk_storage_get(&sockets, tcp, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!state || state->cookie)
		return 0;
	state->cookie = bpf_get_socket_cookie(tcp);
	state->role = bpf_map_lookup_elem(&listeners, &key) ? SONDE_ROLE_SERVER : SONDE_ROLE_CLIENT;
	state->flags = SOCKET_JOINED;
	return 0;
}

/* Walks the map `sockets`: sockets of every network namespace in scope, Unix sockets among them. */
SEC("iter/bpf_sk_storage_map")
int iter_sockets(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct sonde_progress progress = {};
	struct socket_state *state = ctx->value;

	if (!ctx->sk || !state || !(state->flags & SOCKET_REPORTED) || (state->flags & SOCKET_OWN))
		return 0;
	progress.cookie = state->cookie;
	progress.sent = state->offset[SONDE_SEND];
	progress.received = state->offset[SONDE_RECV];
	progress.generation = state->generation;
	bpf_seq_write(ctx->meta->seq, &progress, sizeof(progress));
	return 0;
}
