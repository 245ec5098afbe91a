/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* struct sonde_process of a task. */
#ifndef SONDE_PROCESS_H
#define SONDE_PROCESS_H

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "events.h"

/* The process id of `leader` in the PID namespace of `config`; 0 where it is not visible. */
static __always_inline __u32 pid_in_namespace(struct task_struct *leader, const struct sonde_config *cfg)
{
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	__u32 level = cfg->pidns_level;
	struct upid upid = {};
	const void *numbers;

	if (!cfg->pidns || !pid || BPF_CORE_READ(pid, level) < level)
		return 0;
	/* numbers[] is as long as the level is deep: an index that BTF cannot check, so a checked read. */
	numbers = __builtin_preserve_access_index(&pid->numbers);
	if (bpf_probe_read_kernel(&upid, sizeof(upid), numbers + level * sizeof(struct upid)))
		return 0;
	return BPF_CORE_READ(upid.ns, ns.inum) == cfg->pidns ? (__u32)upid.nr : 0;
}

static __always_inline void describe_process(struct sonde_process *process, struct task_struct *task,
					     const struct sonde_config *cfg)
{
	struct task_struct *leader = task->group_leader;

	process->start_time = BPF_CORE_READ(leader, start_boottime);
	process->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	process->tgid = task->tgid;
	process->pid = pid_in_namespace(leader, cfg);
	bpf_probe_read_kernel(process->comm, sizeof(process->comm), &leader->comm);
}

#endif
