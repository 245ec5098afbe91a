/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The bytes of an operation of any number of pieces (UIO_MAXIOV are 1024), so that a head that is spread over
 * iovecs is whole in a record. Of a stream of HTTP/2 (frames.h) also what lies beyond the limit and is not a
 * body: it passes over bodies from frame to frame.
 */
#ifndef SONDE_GATHER_H
#define SONDE_GATHER_H

#include "data.h"
#include "frames.h"

/* 1024 pieces of a frame header each are two turns a piece; more is given up, and told as not copied. */
#define TURNS_MAX 8192
/* Where bpf_loop is missing (before 5.17), the verifier walks through every turn: few, and no frames. */
#define TURNS_UNROLLED (IOVECS_BLOCK + RECORDS_MAX)
/* scripts/test-kernels.sh defines it as false, so that a newer kernel runs what an older one would. */
#ifndef has_loop
#define has_loop() bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)
#endif
/* Most bytes that are copied of one operation for the sake of its frames. */
#define FRAMES_CAPTURE_MAX 65536

enum turn { MORE = 0, DONE = 1 }; /* what a callback of bpf_loop returns */

struct gathering {
	struct scratch *s;
	struct frames *frames; /* of this direction of the socket */
};

/* Puts what is filled and what was passed over behind it; false: the ring refused. */
static __always_inline bool flush(struct scratch *s)
{
	struct cursor *at = &s->cursor;

	if (!put_record(s, at->taken - at->recorded, at->filled)) {
		at->refused = 1;
		return false;
	}
	/* One wake-up for an operation is enough. */
	s->wakeup = BPF_RB_NO_WAKEUP;
	at->recorded = at->taken;
	at->filled = at->walked = 0;
	return true;
}

static __always_inline enum turn next_block(struct scratch *s)
{
	struct operand *op = &s->operand;
	struct cursor *at = &s->cursor;
	__u32 count;

	at->block += op->count;
	at->index = 0;
	if (at->block >= op->total)
		return DONE;
	count = op->total - at->block;
	if (count > IOVECS_BLOCK)
		count = IOVECS_BLOCK;
	op->count = count;
	barrier_var(count);
	if (count > IOVECS_BLOCK ||
	    bpf_probe_read_user(op->iov, count * sizeof(struct iovec),
				(void *)(op->array + at->block * sizeof(struct iovec)))) {
		s->head.skip = SONDE_SKIP_FAULT;
		return DONE;
	}
	return MORE;
}

/* Copies at most `chunk` bytes of the piece behind those that are filled; 0: it could not. */
static __always_inline __u32 copy_piece(struct scratch *s, __u64 address, __u32 chunk)
{
	__u32 filled = s->cursor.filled;

	if (filled >= RECORD_BYTES)
		return 0;
	if (chunk > RECORD_BYTES - filled)
		chunk = RECORD_BYTES - filled;
	barrier_var(chunk);
	barrier_var(filled);
	if (chunk > RECORD_BYTES || filled >= RECORD_BYTES)
		return 0;
	if (bpf_probe_read_user(s->bytes + filled, chunk, (void *)address)) {
		s->head.skip = SONDE_SKIP_FAULT;
		return 0;
	}
	s->cursor.filled = filled + chunk;
	s->cursor.copied += chunk;
	return chunk;
}

/* How many bytes are to be copied next; 0: a body is passed over. */
static __always_inline __u32 wanted(const struct cursor *at, const struct frames *frames, bool framed)
{
	__u32 more = at->copied < at->limit ? at->limit - at->copied : 0, frame;

	if (!framed || !frames->known || at->copied >= FRAMES_CAPTURE_MAX)
		return more;
	frame = frames_wanted(frames);
	return more > frame ? more : frame;
}

/* One turn: walks over a frame, reads iovecs, puts a record, or takes a piece. `framed`: a constant. */
static __always_inline enum turn turn(struct scratch *s, struct frames *frames, bool framed)
{
	struct cursor *at = &s->cursor;
	__u32 index = at->index, want, chunk;
	__u64 address, left;

	if (framed && frames->known && at->walked < at->filled) {
		at->walked = frames_walk(frames, s->bytes, at->walked, at->filled);
		return MORE;
	}
	if (at->taken >= at->length)
		return DONE;
	if (index >= s->operand.count || index >= IOVECS_BLOCK)
		return next_block(s);
	address = s->operand.iov[index].base + at->position;
	left = s->operand.iov[index].length - at->position;
	if (!left) {
		at->index = index + 1;
		at->position = 0;
		return MORE;
	}
	want = wanted(at, frames, framed);
	if (!want && !(framed && frames->known))
		return DONE;
	/* A record is `filled` bytes and those passed over behind them. */
	if (want && (at->filled >= RECORD_BYTES || at->taken - at->recorded > at->filled))
		return flush(s) ? MORE : DONE;
	chunk = want ? want : frames->left;
	if (chunk > at->length - at->taken)
		chunk = at->length - at->taken;
	if (chunk > left)
		chunk = left;
	if (want)
		chunk = copy_piece(s, address, chunk);
	else
		frames_skip(frames, chunk);
	at->taken += chunk;
	at->position += chunk;
	if (chunk == left) {
		at->index = index + 1;
		at->position = 0;
	}
	return chunk ? MORE : DONE;
}

static long turn_callback(__u32 number, struct gathering *g)
{
	(void)number;
	return turn(g->s, g->frames, true);
}

/* A function, or the compiler makes a loop of it that falls through to its begin, which 6.1 refuses. */
static __noinline enum turn turn_unframed(struct scratch *s, struct frames *frames)
{
	return turn(s, frames, false);
}

static __always_inline void run_turns(struct scratch *s, struct frames *frames)
{
	struct gathering g = {.s = s, .frames = frames};

	if (has_loop()) {
		bpf_loop(TURNS_MAX, turn_callback, &g, 0);
		return;
	}
	for (int i = 0; i < TURNS_UNROLLED && turn_unframed(s, frames) == MORE; i++)
		;
}

/* Returns the bytes captured of `length`, < 0: the ring refused. */
static __noinline long gather(struct scratch *s, struct frames *frames, __u32 length, __u32 limit)
{
	struct cursor *at = &s->cursor;

	__builtin_memset(at, 0, sizeof(*at));
	at->length = length;
	at->limit = limit;
	run_turns(s, frames);
	frames_skip(frames, length - at->taken);
	if (at->refused)
		return -1;
	return put_record(s, length - at->recorded, at->filled) ? (long)at->copied : -1;
}

/* Is the operation, which is in the scratch and in a record, the first one of HTTP/2 in its direction? */
static __noinline void recognise(struct scratch *s, struct socket_state *state, struct frames *frames,
				 __u64 offset, __u32 length)
{
	struct cursor *at = &s->cursor;

	if (length < FRAME_HEADER || !frames_begin(state, frames, s->bytes, offset, length))
		return;
	__builtin_memset(at, 0, sizeof(*at));
	at->filled = at->length = at->taken = length;
	run_turns(s, frames);
	frames->offset = offset + length;
}

/* The same of an operation that will not be whole in a record: looks before it is copied. */
static __noinline bool peek_frames(struct scratch *s, struct socket_state *state, struct frames *frames)
{
	const struct iovec *first = &s->operand.iov[0];
	__u32 size = PREFACE_BYTES;

	if (first->length < PREFACE_BYTES)
		size = FRAME_HEADER;
	if (first->length < FRAME_HEADER || bpf_probe_read_user(s->bytes, size, (void *)first->base) ||
	    !frames_begin(state, frames, s->bytes, s->head.offset, size))
		return false;
	frames->offset = s->head.offset;
	return true;
}

#endif
