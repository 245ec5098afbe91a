/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What differs between architectures: the saved user registers, how a 32-bit call is known, and the
 * numbers of the system calls that read or write a socket with the caller's own buffers.
 */
#ifndef SONDE_ARCH_H
#define SONDE_ARCH_H

#include "kernel.h"

#if defined(__TARGET_ARCH_x86)

/* arch/x86/entry/syscalls/syscall_64.tbl */
#define NR_READ 0
#define NR_WRITE 1
#define NR_READV 19
#define NR_WRITEV 20
#define NR_SENDTO 44
#define NR_RECVFROM 45
#define NR_SENDMSG 46
#define NR_RECVMSG 47
#define NR_RECVMMSG 299
#define NR_SENDMMSG 307
#define NR_PREADV2 327
#define NR_PWRITEV2 328

#define TS_COMPAT 0x0002
#define X32_SYSCALL_BIT 0x40000000

struct pt_regs {
	unsigned long dx;
	unsigned long si;
	unsigned long orig_ax;
} __attribute__((preserve_access_index));

static __always_inline __u64 syscall_number(const struct pt_regs *regs)
{
	return regs->orig_ax;
}

static __always_inline __u64 syscall_arg2(const struct pt_regs *regs)
{
	return regs->si;
}

static __always_inline __u64 syscall_arg3(const struct pt_regs *regs)
{
	return regs->dx;
}

/* TS_COMPAT is set by every 32-bit entry, also for a 64-bit task's int 0x80. */
static __always_inline bool is_compat(const struct task_struct *task, const struct pt_regs *regs)
{
	return (task->thread_info.status & TS_COMPAT) || (regs->orig_ax & X32_SYSCALL_BIT);
}

#elif defined(__TARGET_ARCH_arm64)

/* include/uapi/asm-generic/unistd.h */
#define NR_READ 63
#define NR_WRITE 64
#define NR_READV 65
#define NR_WRITEV 66
#define NR_SENDTO 206
#define NR_RECVFROM 207
#define NR_SENDMSG 211
#define NR_RECVMSG 212
#define NR_RECVMMSG 243
#define NR_SENDMMSG 269
#define NR_PREADV2 286
#define NR_PWRITEV2 287

#define PSR_MODE32_BIT 0x10 /* include/uapi/asm/ptrace.h: the call was made in AArch32 */

struct pt_regs {
	__u64 regs[31];
	__u64 pstate;
	int syscallno;
} __attribute__((preserve_access_index));

static __always_inline __u64 syscall_number(const struct pt_regs *regs)
{
	return regs->syscallno;
}

static __always_inline __u64 syscall_arg2(const struct pt_regs *regs)
{
	return regs->regs[1];
}

static __always_inline __u64 syscall_arg3(const struct pt_regs *regs)
{
	return regs->regs[2];
}

static __always_inline bool is_compat(const struct task_struct *task, const struct pt_regs *regs)
{
	(void)task;
	return regs->pstate & PSR_MODE32_BIT;
}

#else
#error "define __TARGET_ARCH_x86 or __TARGET_ARCH_arm64"
#endif

#endif
