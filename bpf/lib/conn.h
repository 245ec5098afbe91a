/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* conn and end records. A conn record is tried again at each operation until the ring has taken it. */
#ifndef SONDE_CONN_H
#define SONDE_CONN_H

#include "maps.h"
#include "process.h"
#include "socket_state.h"

/* ::ffff:a.b.c.d */
static __always_inline void map_ipv4(__u8 *address, __be32 ipv4)
{
	__builtin_memset(address, 0, 10);
	address[10] = 0xff;
	address[11] = 0xff;
	__builtin_memcpy(address + 12, &ipv4, 4);
}

static __always_inline void describe_addresses(struct sonde_conn *conn, struct sock *sk)
{
	conn->local_port = sk->__sk_common.skc_num;
	conn->remote_port = __builtin_bswap16(sk->__sk_common.skc_dport);
	if (conn->family == AF_INET) {
		map_ipv4(conn->local_addr, sk->__sk_common.skc_rcv_saddr);
		map_ipv4(conn->remote_addr, sk->__sk_common.skc_daddr);
	} else {
		BPF_CORE_READ_INTO(&conn->local_addr, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&conn->remote_addr, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	}
}

static __always_inline void describe_conn(struct sonde_conn *conn, struct sock *sk,
					  struct socket_state *state, struct task_struct *task,
					  const struct sonde_config *cfg)
{
	conn->kind = SONDE_CONN;
	conn->family = sk->__sk_common.skc_family;
	conn->role = state->role;
	conn->flags = 0;
	if (state->flags & SOCKET_JOINED)
		conn->flags |= SONDE_CONN_JOINED;
	if (cfg->own_tgid && task->tgid == (int)cfg->own_tgid)
		conn->flags |= SONDE_CONN_OWN;
	if (state->flags & SOCKET_REPORTED)
		conn->flags |= SONDE_CONN_OWNER;
	conn->generation = state->generation;
	conn->cookie = state->cookie;
	conn->time = bpf_ktime_get_ns();
	conn->netns = sk->__sk_common.skc_net.net->ns.inum;
	conn->send_base = state->base[SONDE_SEND];
	conn->recv_base = state->base[SONDE_RECV];
	describe_process(&conn->process, task, cfg);
}

/* An accepted socket shares the listener's address; a client is seldom bound, but its peer is. */
static __always_inline void describe_unix(struct sonde_unix_conn *record, struct sock *sk)
{
	struct unix_sock *own = (struct unix_sock *)sk, *peer;
	struct unix_address *address;
	__u32 length;

	peer = (struct unix_sock *)BPF_CORE_READ(own, peer);
	record->conn.peer_cookie =
	    peer ? BPF_CORE_READ((struct sock *)peer, __sk_common.skc_cookie.counter) : 0;
	__builtin_memset(record->conn.local_addr, 0, 16);
	__builtin_memset(record->conn.remote_addr, 0, 16);
	record->conn.local_port = 0;
	record->conn.remote_port = 0;
	record->path_length = 0;
	__builtin_memset(record->path, 0, sizeof(record->path));
	address = BPF_CORE_READ(own, addr);
	record->bound = address != NULL;
	if (!address && peer)
		address = BPF_CORE_READ(peer, addr);
	if (!address)
		return;
	/* `len` includes the two bytes of the family. */
	length = BPF_CORE_READ(address, len) - sizeof(__u16);
	if (length > sizeof(record->path))
		return;
	record->path_length = length;
	bpf_probe_read_kernel(record->path, length,
			      __builtin_preserve_access_index(&address->name[0].sun_path));
}

/* Tells user space of the connection and its present owner; false if the ring refused. */
static __noinline bool report_conn(struct sock *sk, struct socket_state *state, struct task_struct *task,
				   const struct sonde_config *cfg)
{
	struct sonde_unix_conn *unix_record;
	struct sonde_conn *conn;

	if (sk->__sk_common.skc_family == AF_UNIX) {
		unix_record = bpf_ringbuf_reserve(&ring, sizeof(*unix_record), 0);
		if (!unix_record)
			return false;
		describe_unix(unix_record, sk);
		if (state->role == SONDE_ROLE_UNKNOWN && unix_record->bound)
			state->role = SONDE_ROLE_SERVER;
		else if (state->role == SONDE_ROLE_UNKNOWN && unix_record->path_length)
			state->role = SONDE_ROLE_CLIENT;
		conn = &unix_record->conn;
	} else {
		conn = bpf_ringbuf_reserve(&ring, sizeof(*conn), 0);
		if (!conn)
			return false;
		conn->peer_cookie = 0;
		describe_addresses(conn, sk);
	}
	describe_conn(conn, sk, state, task, cfg);
	state->owner = task->tgid;
	state->flags &= ~(SOCKET_OWN | SOCKET_KERNEL);
	if (!sk->sk_socket || !sk->sk_socket->file)
		state->flags |= SOCKET_KERNEL;
	if (conn->flags & SONDE_CONN_OWN)
		state->flags |= SOCKET_OWN;
	state->flags |= SOCKET_REPORTED;
	bpf_ringbuf_submit(conn, BPF_RB_NO_WAKEUP);
	return true;
}

/*
 * A connection may be over before the process has read what has arrived: an answer and a reset behind it, or
 * the last data and the FIN of a peer that was the last to close. The bytes stay readable until the socket is
 * closed.
 */
static __always_inline __u64 arrived(struct sock *sk, struct tcp_sock *tcp, const struct socket_state *state)
{
	__u32 sequence = tcp->rcv_nxt;

	if (sk->__sk_common.skc_flags & SOCK_DONE_BIT)
		sequence--;
	return widen(sequence, state->base[SONDE_RECV], state->offset[SONDE_RECV]);
}

static __always_inline bool report_end(struct sock *sk, struct socket_state *state, struct tcp_sock *tcp,
				       int old_state, int new_state)
{
	struct sonde_end *end;
	__u64 unread;

	end = bpf_ringbuf_reserve(&ring, sizeof(*end), 0);
	if (!end)
		return false;
	end->kind = SONDE_END;
	end->old_state = old_state;
	end->new_state = new_state;
	end->flags = 0;
	end->generation = state->generation;
	end->cookie = state->cookie;
	end->time = bpf_ktime_get_ns();
	end->sent = widen(send_sequence(tcp, old_state), state->base[SONDE_SEND], state->offset[SONDE_SEND]);
	end->received = widen(recv_sequence(sk, tcp), state->base[SONDE_RECV], state->offset[SONDE_RECV]);
	unread = arrived(sk, tcp, state);
	if (new_state == TCP_CLOSE && sk->sk_receive_queue.qlen && (__s64)(unread - end->received) > 0) {
		end->received = unread;
		end->flags = SONDE_END_UNREAD;
	}
	end->error = sk->sk_err;
	end->padding = 0;
	bpf_ringbuf_submit(end, BPF_RB_NO_WAKEUP);
	return true;
}

#endif
