/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Lets Linux 5.10 on x86-64 stand in for 5.15, of which Debian has no kernel: what tracing programs were
 * given in between (socket storage, socket cookies, the current task, saved registers, bpf_loop's callbacks)
 * is done by other means, so that an older verifier reads the same programs and an older kernel runs them.
 * Compiled in front of bpf/ by scripts/test-kernels.sh for the suite `bullseye`; good for a test only: the
 * state of a socket outlives it.
 */
#ifndef SONDE_LINUX_5_10_H
#define SONDE_LINUX_5_10_H

#include "lib/kernel.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define THREAD_SIZE 16384 /* arch/x86/include/asm/page_64_types.h */
#define PT_REGS_SIZE 168
#define TASK_SIZE 8192 /* as far as its fields are used */
#define STATE_SIZE 256 /* more than struct socket_state */

struct task_struct___stack {
	void *stack;
} __attribute__((preserve_access_index));

struct older_socket {
	__u64 sk;
	__u64 process;
};

struct older_state {
	__u64 bytes[STATE_SIZE / 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct older_socket);
	__type(value, struct older_state);
} older_sockets SEC(".maps");

struct older_scratch {
	struct older_state empty;
	__u64 registers[PT_REGS_SIZE / 8];
	__u64 task[TASK_SIZE / 8];
};

#define CPUS 8

/* Global data, because a map's element may be missing, for all that the verifier knows. */
struct older_scratch older_scratches[CPUS] = {};

static __always_inline struct older_scratch *older_scratch(void)
{
	return &older_scratches[bpf_get_smp_processor_id() & (CPUS - 1)];
}

/* Copies, in which the fields have the kernel's offsets. */
static __always_inline struct task_struct *older_current(void)
{
	struct older_scratch *s = older_scratch();

	bpf_probe_read_kernel(s->task, TASK_SIZE, (const void *)bpf_get_current_task());
	return (struct task_struct *)s->task;
}

static __always_inline void *older_registers(void)
{
	struct task_struct___stack *task = (void *)bpf_get_current_task();
	struct older_scratch *s = older_scratch();

	bpf_probe_read_kernel(s->registers, PT_REGS_SIZE,
			      BPF_CORE_READ(task, stack) + THREAD_SIZE - PT_REGS_SIZE);
	return s->registers;
}

static __always_inline void *older_storage(void *sk, __u64 flags)
{
	struct older_socket key = {.sk = (__u64)sk};
	void *state;

	/* The check's Unix sockets are used by one process each; the tap's own probe may have had the same
	 * addresses. */
	if (BPF_CORE_READ((struct sock *)sk, __sk_common.skc_family) == AF_UNIX)
		key.process = bpf_get_current_pid_tgid() >> 32;
	state = bpf_map_lookup_elem(&older_sockets, &key);
	if (state || !flags)
		return state;
	bpf_map_update_elem(&older_sockets, &key, &older_scratch()->empty, BPF_ANY);
	return bpf_map_lookup_elem(&older_sockets, &key);
}

#define has_loop() false
#define bpf_get_current_task_btf() older_current()
#define bpf_task_pt_regs(task) older_registers()
#define bpf_sk_storage_get(map, sk, value, flags) older_storage(sk, flags)
/* Asked once for each connection. */
#define bpf_get_socket_cookie(sk) bpf_ktime_get_ns()

#endif
