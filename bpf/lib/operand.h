/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Where the bytes of a socket operation are in user memory: from the registers that the task saved
 * when it entered the system call. They are believed only if that call is one that moves bytes
 * between the caller's own buffers and a socket.
 */
#ifndef SONDE_OPERAND_H
#define SONDE_OPERAND_H

#include "arch.h"
#include <bpf/bpf_helpers.h>
#include "events.h"

#define IOVECS_BLOCK 32 /* iovecs that are read at once */

struct operand {
	__u64 array; /* address of all iovecs, if there are more than one block */
	__u32 total;
	__u32 count; /* of this block: 1..IOVECS_BLOCK */
	struct iovec iov[IOVECS_BLOCK];
};

static __always_inline int read_iovecs(struct operand *op, __u64 address, __u64 count)
{
	if (unlikely(count == 0))
		return SONDE_SKIP_FAULT;
	op->array = address;
	op->total = count;
	if (count > IOVECS_BLOCK)
		count = IOVECS_BLOCK;
	op->count = count;
	/* Most calls have one or two; a constant size is the cheaper read. */
	if (count <= 2) {
		if (count == 1)
			return bpf_probe_read_user(op->iov, sizeof(struct iovec), (void *)address)
				   ? SONDE_SKIP_FAULT
				   : 0;
		return bpf_probe_read_user(op->iov, 2 * sizeof(struct iovec), (void *)address)
			   ? SONDE_SKIP_FAULT
			   : 0;
	}
	if (bpf_probe_read_user(op->iov, (__u32)count * sizeof(struct iovec), (void *)address))
		return SONDE_SKIP_FAULT;
	return SONDE_SKIP_NONE;
}

static __always_inline int read_msghdr(struct operand *op, __u64 address)
{
	struct user_msghdr header;

	if (bpf_probe_read_user(&header, sizeof(header), (void *)address))
		return SONDE_SKIP_FAULT;
	return read_iovecs(op, header.iov, header.iov_length);
}

/*
 * sendmmsg and recvmmsg: all messages of a call show the same registers, so no hook can tell which of
 * them it is in. Only a call of one message is sure.
 */
static __always_inline int locate_send(struct operand *op, __u64 number, const struct pt_regs *regs,
				       __u64 length)
{
	switch (number) {
	case NR_WRITE:
	case NR_SENDTO:
		op->iov[0].base = syscall_arg2(regs);
		op->iov[0].length = length;
		op->total = op->count = 1;
		return SONDE_SKIP_NONE;
	case NR_WRITEV:
	case NR_PWRITEV2:
		return read_iovecs(op, syscall_arg2(regs), syscall_arg3(regs));
	case NR_SENDMMSG:
		if ((__u32)syscall_arg3(regs) != 1)
			return SONDE_SKIP_SYSCALL;
		return read_msghdr(op, syscall_arg2(regs));
	case NR_SENDMSG:
		return read_msghdr(op, syscall_arg2(regs));
	}
	return SONDE_SKIP_SYSCALL;
}

static __always_inline int locate_recv(struct operand *op, __u64 number, const struct pt_regs *regs,
				       __u64 length)
{
	switch (number) {
	case NR_READ:
	case NR_RECVFROM:
		op->iov[0].base = syscall_arg2(regs);
		op->iov[0].length = length;
		op->total = op->count = 1;
		return SONDE_SKIP_NONE;
	case NR_READV:
	case NR_PREADV2:
		return read_iovecs(op, syscall_arg2(regs), syscall_arg3(regs));
	case NR_RECVMMSG:
		if ((__u32)syscall_arg3(regs) != 1)
			return SONDE_SKIP_SYSCALL;
		return read_msghdr(op, syscall_arg2(regs));
	case NR_RECVMSG:
		return read_msghdr(op, syscall_arg2(regs));
	}
	return SONDE_SKIP_SYSCALL;
}

/* Returns enum sonde_skip; 0: `op` is filled. `length` is what the operation returned. */
static __always_inline int locate(struct operand *op, struct task_struct *task, int direction, __u64 length,
				  int flags)
{
	struct pt_regs *regs;
	__u64 number;

	/* No user registers at all. */
	if (unlikely(task->flags & (PF_KTHREAD | PF_IO_WORKER)))
		return SONDE_SKIP_KTHREAD;
	/* The operation may be one of the ring's, run inside any other call of this task. */
	if (unlikely(task->io_uring))
		return SONDE_SKIP_IO_URING;
	/* TCP drops the bytes instead of writing them: the buffer holds older ones. */
	if (unlikely(direction == SONDE_RECV && (flags & MSG_TRUNC)))
		return SONDE_SKIP_TRUNC;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	/* Another numbering of calls, and 32-bit structures. */
	if (unlikely(is_compat(task, regs)))
		return SONDE_SKIP_COMPAT;
	number = syscall_number(regs);
	return direction == SONDE_SEND ? locate_send(op, number, regs, length)
				       : locate_recv(op, number, regs, length);
}

#endif
