// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * Processes begin, change and end. Only whole processes: a thread's fork and exit are not told. The
 * maps are those of socket.bpf.c. An exec record wakes user space at once, for the process may be
 * gone, and its environment with it, in a few milliseconds.
 */
#include "lib/maps.h"
#include "lib/process.h"
#include <bpf/bpf_tracing.h>

/* BPF_PROG names all arguments of a hook, wanted or not. */
#pragma clang diagnostic ignored "-Wunused-parameter"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline __u32 netns_of(const struct task_struct *task)
{
	return task->nsproxy ? task->nsproxy->net_ns->ns.inum : 0;
}

static __always_inline bool in_scope(const struct sonde_config *cfg, const struct task_struct *task)
{
	return !(task->flags & PF_KTHREAD) && (!cfg->netns || netns_of(task) == cfg->netns);
}

static __always_inline void *reserve(__u64 size)
{
	struct sonde_counters *c;
	void *record = bpf_ringbuf_reserve(&ring, size, 0);

	if (!record) {
		c = get_counters();
		if (c)
			c->state_dropped++;
	}
	return record;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(proc_exec, struct task_struct *task, int old_pid, struct linux_binprm *binprm)
{
	struct sonde_config *cfg = get_config();
	struct sonde_exec *exec;
	long length;

	if (!cfg || !in_scope(cfg, task))
		return 0;
	exec = reserve(sizeof(*exec));
	if (!exec)
		return 0;
	exec->kind = SONDE_EXEC;
	__builtin_memset(exec->padding, 0, sizeof(exec->padding));
	exec->time = bpf_ktime_get_ns();
	exec->parent_tgid = task->real_parent->tgid;
	exec->parent_start_time = task->real_parent->group_leader->start_boottime;
	exec->netns = netns_of(task);
	describe_process(&exec->process, task, cfg);
	length = bpf_probe_read_kernel_str(exec->filename, sizeof(exec->filename), binprm->filename);
	exec->filename_length = length > 0 ? length : 0;
	bpf_ringbuf_submit(exec, BPF_RB_FORCE_WAKEUP);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(proc_fork, struct task_struct *parent, struct task_struct *child)
{
	struct sonde_config *cfg = get_config();
	struct sonde_fork *fork;

	if (!cfg || child->pid != child->tgid || !in_scope(cfg, child))
		return 0;
	fork = reserve(sizeof(*fork));
	if (!fork)
		return 0;
	fork->kind = SONDE_FORK;
	__builtin_memset(fork->padding, 0, sizeof(fork->padding));
	fork->parent_tgid = parent->tgid;
	fork->time = bpf_ktime_get_ns();
	fork->parent_start_time = parent->group_leader->start_boottime;
	describe_process(&fork->process, child, cfg);
	bpf_ringbuf_submit(fork, BPF_RB_NO_WAKEUP);
	return 0;
}

/* signal->live has fallen already when the tracepoint fires; two last threads at once tell it twice. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(proc_exit, struct task_struct *task)
{
	struct sonde_config *cfg = get_config();
	struct sonde_exit *exit;

	if (!cfg || task->signal->live.counter != 0 || !in_scope(cfg, task))
		return 0;
	exit = reserve(sizeof(*exit));
	if (!exit)
		return 0;
	exit->kind = SONDE_EXIT;
	__builtin_memset(exit->padding, 0, sizeof(exit->padding));
	exit->code = task->signal->group_exit_code ? task->signal->group_exit_code : task->exit_code;
	exit->time = bpf_ktime_get_ns();
	exit->start_time = task->group_leader->start_boottime;
	exit->tgid = task->tgid;
	exit->padding2 = 0;
	bpf_ringbuf_submit(exit, BPF_RB_NO_WAKEUP);
	return 0;
}
