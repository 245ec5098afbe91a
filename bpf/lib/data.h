/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * data records: gathered in per-CPU scratch memory and put into the ring with their exact size. One
 * helper call instead of reserve and submit, and no ring space lost to size classes.
 */
#ifndef SONDE_DATA_H
#define SONDE_DATA_H

#include "maps.h"
#include "operand.h"

#define RECORD_BYTES 4096 /* user bytes per record */
#define HEAD_BYTES 512	  /* user bytes of an operation over the budget, unless it is no longer than ... */
#define SMALL_BYTES 2048  /* ... this: messages, not a body */
#define RECORDS_MAX 4	  /* per operation */
#define CAPTURE_MAX (RECORD_BYTES * RECORDS_MAX)

/* Where gather() is (gather.h). In memory, not in registers: one turn of its loop looks like the next. */
struct cursor {
	__u64 position; /* within the iovec */
	__u32 index;	/* of the iovec within the operand's block */
	__u32 block;	/* iovecs before the block */
	__u32 length;	/* bytes of the operation; of them are ... */
	__u32 limit;	/* to be copied, */
	__u32 taken;	/* copied or passed over, */
	__u32 copied;
	__u32 recorded; /* in records that were put */
	__u32 filled;	/* in the scratch */
	__u32 walked;	/* of those filled: looked at by frames.h */
	__u32 refused;	/* the ring took no more */
};

/* Twice RECORD_BYTES: the verifier bounds the place and the size of a copy, not their sum. */
struct scratch {
	struct operand operand;
	struct cursor cursor;
	__u64 wakeup;	/* flag of bpf_ringbuf_output */
	__u64 woken_at; /* consumer's position | 1 at the last wake-up of this CPU */
	struct sonde_data head;
	__u8 bytes[2 * RECORD_BYTES];
};

/* By enum sonde_direction: a send on a CPU may interrupt a receive, but not another send. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

/* `length` bytes of the stream from head.offset, of which `captured` are in the scratch. */
static __always_inline bool put_record(struct scratch *s, __u64 length, __u32 captured)
{
	s->head.length = length;
	s->head.captured = captured;
	barrier_var(captured); /* the compiler knows the bound, the verifier has to see it */
	if (unlikely(captured > RECORD_BYTES))
		return false;
	if (bpf_ringbuf_output(&ring, &s->head, sizeof(s->head) + captured, s->wakeup))
		return false;
	s->head.offset += length;
	s->head.first = 0;
	return true;
}

/* Copies `limit` of `length` bytes that are in one piece. Returns the bytes captured, < 0: the ring refused.
 */
static __always_inline long copy_buffer(struct scratch *s, __u64 length, __u32 limit)
{
	__u64 address = s->operand.iov[0].base;
	__u32 done = 0, chunk;

	for (int i = 0; i < RECORDS_MAX; i++) {
		chunk = limit - done;
		if (chunk > RECORD_BYTES)
			chunk = RECORD_BYTES;
		barrier_var(chunk);
		if (chunk > RECORD_BYTES)
			break;
		if (bpf_probe_read_user(s->bytes, chunk, (void *)(address + done))) {
			s->head.skip = SONDE_SKIP_FAULT;
			return put_record(s, length - done, 0) ? (long)done : -1;
		}
		if (done + chunk >= limit || i == RECORDS_MAX - 1)
			return put_record(s, length - done, chunk) ? (long)done + chunk : -1;
		if (!put_record(s, chunk, chunk))
			return -1;
		done += chunk;
	}
	return -1;
}

/* The usual case of several pieces, head and body, in one record. iov[0].length < limit <= RECORD_BYTES. */
static __always_inline long copy_pair(struct scratch *s, __u64 length, __u32 limit)
{
	__u32 first = s->operand.iov[0].length, second = limit - first;

	barrier_var(first);
	barrier_var(second);
	if (first > RECORD_BYTES || second > RECORD_BYTES)
		return -1;
	if (bpf_probe_read_user(s->bytes, first, (void *)s->operand.iov[0].base)) {
		s->head.skip = SONDE_SKIP_FAULT;
		return put_record(s, length, 0) ? 0 : -1;
	}
	if (bpf_probe_read_user(s->bytes + first, second, (void *)s->operand.iov[1].base)) {
		s->head.skip = SONDE_SKIP_FAULT;
		return put_record(s, length, first) ? (long)first : -1;
	}
	return put_record(s, length, limit) ? (long)limit : -1;
}

#endif
