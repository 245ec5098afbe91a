/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What is kept per socket, in the socket's own storage: it goes with the socket, and user space
 * cannot reach it. Stream offsets follow the TCP sequence numbers, not the bytes that were seen, so
 * an operation that no hook saw (splice out of a socket) shows as a gap; Unix sockets have no such
 * numbers and count their own bytes.
 */
#ifndef SONDE_SOCKET_STATE_H
#define SONDE_SOCKET_STATE_H

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include "events.h"

enum socket_flags {
	SOCKET_JOINED = 1,   /* as SONDE_CONN_JOINED */
	SOCKET_OWN = 2,	     /* the present owner is Sonde itself */
	SOCKET_REPORTED = 4, /* the ring has taken a conn record of this generation */
	SOCKET_BASES = 8,    /* base[] is set; a Unix socket needs none */
	SOCKET_EOF = 16,     /* end of stream was recorded */
	SOCKET_KERNEL = 32,  /* no file: a kernel user's, seen from inside a task's call on something else
				(NFS, SMB, ...) */
	SOCKET_HTTP2 = 64,   /* frames of HTTP/2 were seen in a direction */
};

/* Where the frames of HTTP/2 are in one direction (frames.h). */
struct frames {
	__u64 offset; /* of the stream, as far as it was followed */
	__u32 left;   /* bytes of the payload that are to come, ... */
	__u32 head;   /* and those of them that are copied in any case */
	__u32 header; /* the first four bytes of the frame's header, as far as they were seen */
	__u8 seen;    /* bytes of the next header that were seen: less than FRAME_HEADER */
	__u8 known;   /* 0: what this says does not hold */
	__u8 padding[2];
};

struct socket_state {
	__u64 cookie;
	__u64 offset[2];    /* end of the last operation, by enum sonde_direction */
	__u64 budget_start; /* ns; beginning of the budget's interval */
	__u32 budget_used;
	__u32 base[2]; /* TCP sequence number of offset 0 */
	__u32 generation;
	__u32 owner; /* tgid that the last accepted conn record told; 0: none yet */
	__u8 role;
	__u8 flags;
	__u8 padding[2];
	struct frames frames[2]; /* by enum sonde_direction */
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct socket_state);
} sockets SEC(".maps");

/* The sequence number after the last byte that was sent, before the FIN if there is one. */
static __always_inline __u32 send_sequence(struct tcp_sock *tcp, int old_state)
{
	__u32 sequence = tcp->write_seq;

	if (old_state == TCP_FIN_WAIT1 || old_state == TCP_FIN_WAIT2 || old_state == TCP_CLOSING ||
	    old_state == TCP_LAST_ACK)
		sequence--;
	return sequence;
}

/* The sequence number after the last byte that was read. A FIN counts as one when it has been read too. */
static __always_inline __u32 recv_sequence(struct sock *sk, struct tcp_sock *tcp)
{
	__u32 sequence = tcp->copied_seq;

	if ((sk->__sk_common.skc_flags & SOCK_DONE_BIT) && sequence == tcp->rcv_nxt)
		sequence--;
	return sequence;
}

/* The 64-bit offset nearest to `last` that `sequence` can mean. */
static __always_inline __u64 widen(__u32 sequence, __u32 base, __u64 last)
{
	return last + (__s32)(sequence - base - (__u32)last);
}

static __always_inline void set_bases(struct socket_state *state, struct sock *sk, struct tcp_sock *tcp)
{
	state->base[SONDE_SEND] = tcp->write_seq;
	state->base[SONDE_RECV] = recv_sequence(sk, tcp);
	state->flags |= SOCKET_BASES;
}

#endif
