/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Maps that several objects share: user space makes them with the first object and reuses them in the others.
 */
#ifndef SONDE_MAPS_H
#define SONDE_MAPS_H

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include "events.h"

/* User space sets the size before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sonde_config);
} config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sonde_counters);
} counters SEC(".maps");

static __always_inline struct sonde_config *get_config(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&config, &key);
}

static __always_inline struct sonde_counters *get_counters(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&counters, &key);
}

#endif
