/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* One socket operation, whichever hook told of it: scope, counters, connection, offset, record. */
#ifndef SONDE_OPERATION_H
#define SONDE_OPERATION_H

#include "conn.h"
#include "gather.h"

#define POLICY_ENTRIES 4096
/* How full the ring is, is asked once in so many operations of a CPU: 8 x 16 KiB are little in any ring. */
#define WAKEUP_CHECK 8

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, POLICY_ENTRIES);
	__type(key, __u32);
	__type(value, struct sonde_policy);
} policy SEC(".maps");

static __always_inline bool in_scope(const struct sonde_config *cfg, const struct sock *sk)
{
	return !cfg->netns || sk->__sk_common.skc_net.net->ns.inum == cfg->netns;
}

static __always_inline struct sonde_policy *find_policy(__u64 cookie)
{
	__u32 slot = cookie & (POLICY_ENTRIES - 1);
	struct sonde_policy *entry = bpf_map_lookup_elem(&policy, &slot);

	return entry && entry->cookie == cookie ? entry : NULL;
}

static __always_inline __u32 policy_mode(__u64 cookie)
{
	struct sonde_policy *entry = find_policy(cookie);

	return entry ? entry->mode : SONDE_POLICY_ALL;
}

static __always_inline void count(struct sonde_counters *c, __u64 bytes)
{
	c->counted++;
	c->counted_bytes += bytes;
}

static __always_inline void drop(struct sonde_counters *c, __u64 bytes)
{
	c->dropped++;
	c->dropped_bytes += bytes;
}

/*
 * State of a socket whose opening was not seen, or not to its end: a Unix socket, one that was open
 * before the tap, or TCP Fast Open, where the first bytes are sent before the connection is.
 */
static __noinline struct socket_state *prepare_state(struct sock *sk, struct tcp_sock *tcp, int direction,
						     __u32 length)
{
	struct socket_state *state = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (!state)
		return NULL;
	if (!state->cookie) {
		state->cookie = bpf_get_socket_cookie(sk);
		state->flags |= SOCKET_JOINED;
	}
	if (tcp && !(state->flags & SOCKET_BASES)) {
		set_bases(state, sk, tcp);
		state->base[direction & 1] -= length;
	}
	state->flags |= SOCKET_BASES;
	return state;
}

/* Takes the operation's place in the stream; returns the offset of its first byte. */
static __always_inline __u64 advance(struct socket_state *state, struct sock *sk, struct tcp_sock *tcp,
				     int direction, __u32 length)
{
	__u64 end = state->offset[direction] + length;

	if (tcp)
		end = widen(direction == SONDE_SEND ? tcp->write_seq : recv_sequence(sk, tcp),
			    state->base[direction], state->offset[direction]);
	state->offset[direction] = end;
	return end - length;
}

/* How many bytes of the operation may be copied; sets head.skip when something else than the size limits. */
static __always_inline __u32 allowance(struct scratch *s, struct socket_state *state,
				       const struct sonde_config *cfg, __u32 mode, __u64 now, __u64 length)
{
	__u32 limit = cfg->capture_bytes;

	if (limit > CAPTURE_MAX)
		limit = CAPTURE_MAX;
	if (limit > length)
		limit = length;
	if (unlikely(mode == SONDE_POLICY_HEADS && limit > RECORD_BYTES)) {
		limit = RECORD_BYTES;
		s->head.skip = SONDE_SKIP_POLICY;
	}
	if (unlikely(now - state->budget_start >= cfg->budget_interval)) {
		state->budget_start = now;
		state->budget_used = 0;
	}
	/*
	 * Over the budget, a head still comes: the next message begins somewhere in a large body's reads. A
	 * pipeline of small messages comes whole: of a cut one, no answer can be paired.
	 */
	if (state->budget_used >= cfg->budget_bytes && limit > SMALL_BYTES) {
		s->head.skip = SONDE_SKIP_BUDGET;
		return HEAD_BYTES;
	}
	/* The last operation in an interval may go over, by CAPTURE_MAX at most. */
	state->budget_used += limit;
	return limit;
}

/* A wake-up costs an interrupt: one for each time that user space has read, no other before it reads. */
static __always_inline __u64 wakeup_flag(struct scratch *s, const struct sonde_counters *c,
					 const struct sonde_config *cfg)
{
	__u64 position;

	if (c->operations % WAKEUP_CHECK || bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) < cfg->wakeup_bytes)
		return BPF_RB_NO_WAKEUP;
	/* Positions are multiples of 8, so this differs from the initial 0. */
	position = bpf_ringbuf_query(&ring, BPF_RB_CONS_POS) | 1;
	if (s->woken_at == position)
		return BPF_RB_NO_WAKEUP;
	s->woken_at = position;
	return BPF_RB_FORCE_WAKEUP;
}

/* An operation of a stream of HTTP/2 whose frames are known so far. */
static __noinline long copy_framed(struct scratch *s, struct frames *frames, __u32 length, __u32 limit)
{
	__u64 end = s->head.offset + length;

	if (frames->offset != s->head.offset || s->head.skip == SONDE_SKIP_POLICY)
		frames->known = 0;
	frames->offset = end;
	if (limit)
		return gather(s, frames, length, limit);
	frames_skip(frames, length);
	return put_record(s, length, 0) ? 0 : -1;
}

/* Puts the operation's records; returns the bytes captured, < 0: the ring refused. */
static __always_inline long copy(struct scratch *s, struct socket_state *state, int direction, __u32 length,
				 __u32 limit)
{
	struct frames *frames = &state->frames[direction];
	bool whole = limit == length && length <= RECORD_BYTES;
	/* The flag is at hand; `frames` would be another line of the cache for every other protocol. */
	bool framed = (state->flags & SOCKET_HTTP2) && frames->known;
	__u64 offset = s->head.offset;
	long captured;

	if (!limit && !framed)
		return put_record(s, length, 0) ? 0 : -1;
	if (unlikely(framed || (!whole && frames_may_begin(state, offset) && has_loop() &&
				peek_frames(s, state, frames))))
		return copy_framed(s, frames, length, limit);
	if (s->operand.iov[0].length >= limit)
		captured = copy_buffer(s, length, limit);
	else if (s->operand.iov[0].length + s->operand.iov[1].length >= limit && limit <= RECORD_BYTES &&
		 s->operand.count > 1)
		captured = copy_pair(s, length, limit);
	else
		captured = gather(s, frames, length, limit);
	/* A preface begins with a P, the length of a usual frame with a zero. */
	if (unlikely((!s->bytes[0] || s->bytes[0] == 'P') && has_loop() && whole && captured == length))
		recognise(s, state, frames, offset, length);
	return captured;
}

static __always_inline void record(struct sonde_counters *c, struct scratch *s, struct socket_state *state,
				   struct task_struct *task, const struct sonde_config *cfg, __u32 mode,
				   int direction, __u32 length, int flags)
{
	__u32 limit = 0, reason;
	long captured;

	s->head.skip = SONDE_SKIP_NONE;
	if (length) {
		if (unlikely(state->flags & SOCKET_KERNEL))
			s->head.skip = SONDE_SKIP_KERNEL_SOCKET;
		else
			s->head.skip = locate(&s->operand, task, direction, length, flags);
		if (!s->head.skip)
			limit = allowance(s, state, cfg, mode, s->head.time, length);
	}
	s->wakeup = wakeup_flag(s, c, cfg);
	captured = copy(s, state, direction, length, limit);
	if (unlikely(captured < 0)) {
		drop(c, length);
		/* The next empty read tells it. */
		if (!length)
			state->flags &= ~SOCKET_EOF;
		return;
	}
	c->recorded++;
	c->recorded_bytes += length;
	c->captured_bytes += captured;
	if (!unlikely(captured < length))
		return;
	reason = s->head.skip;
	barrier_var(reason); /* one check on one register, or the verifier does not see the bound */
	if (reason < SONDE_SKIP_MAX)
		c->skipped[reason]++;
}

static __always_inline void stream_operation(struct sonde_counters *c, const struct sonde_config *cfg,
					     struct sock *sk, struct tcp_sock *tcp, int direction,
					     __u32 length, int flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct socket_state *state = bpf_sk_storage_get(&sockets, sk, NULL, 0);
	__u32 key = direction, mode;
	struct scratch *s;
	__u64 offset;

	if (unlikely(!state || !(state->flags & SOCKET_BASES))) {
		state = prepare_state(sk, tcp, direction, length);
		if (!state)
			return drop(c, length);
	}
	offset = advance(state, sk, tcp, direction, length);
	if (unlikely(state->owner != (__u32)task->tgid && !report_conn(sk, state, task, cfg))) {
		c->state_dropped++;
		return drop(c, length);
	}
	mode = policy_mode(state->cookie);
	if (unlikely((state->flags & SOCKET_OWN) || mode == SONDE_POLICY_COUNT))
		return count(c, length);
	if (unlikely(!length)) {
		if (state->flags & SOCKET_EOF)
			return count(c, 0);
		state->flags |= SOCKET_EOF;
	}
	s = bpf_map_lookup_elem(&scratch, &key);
	if (unlikely(!s))
		return drop(c, length);
	s->head.kind = SONDE_DATA;
	s->head.direction = direction;
	s->head.first = 1;
	s->head.generation = state->generation;
	s->head.cookie = state->cookie;
	s->head.time = bpf_ktime_get_ns();
	s->head.offset = offset;
	s->head.tgid = task->tgid;
	s->head.tid = task->pid;
	record(c, s, state, task, cfg, mode, direction, length, flags);
}

/* `result` and `flags` as sendmsg or recvmsg returned and took them. */
static __always_inline int socket_operation(struct sock *sk, int direction, long result, int flags)
{
	struct sonde_config *cfg = get_config();
	struct tcp_sock *tcp = NULL;
	struct sonde_counters *c;
	__u16 family;
	bool stream;

	if (unlikely(!cfg || !in_scope(cfg, sk) || result < 0))
		return 0;
	/* An empty read is the end of the stream only if there is one; read(fd, buffer, 0) returns 0 too. */
	if (unlikely(result == 0 && (direction == SONDE_SEND || !(sk->sk_shutdown & RCV_SHUTDOWN))))
		return 0;
	c = get_counters();
	if (unlikely(!c))
		return 0;
	if (unlikely(direction == SONDE_RECV && (flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)))) {
		c->ignored++;
		return 0;
	}
	c->operations++;
	c->bytes += result;
	family = sk->__sk_common.skc_family;
	/* TCP over IPv4 and IPv6, and Unix streams. MPTCP, SCTP, UDP, ... are counted only. */
	if (unlikely(family == AF_UNIX)) {
		stream = sk->sk_type == SOCK_STREAM;
	} else {
		tcp = family == AF_INET || family == AF_INET6 ? bpf_skc_to_tcp_sock(sk) : NULL;
		stream = tcp != NULL;
	}
	if (stream)
		stream_operation(c, cfg, sk, tcp, direction, result, flags);
	else
		count(c, result);
	return 0;
}

#endif
