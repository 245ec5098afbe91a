// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * Never loaded: one variable per type of events.h, so that the compiler emits the BTF from which
 * src/kernel/layout.gen.ts is generated. -Wpadded -Werror refuses a hole.
 */
#include <linux/types.h>
#include "events.h"

#define SIZE(type, bytes)                                                                                    \
	struct type type;                                                                                    \
	_Static_assert(sizeof(struct type) == (bytes), #type " has another size")

SIZE(sonde_process, 40);
SIZE(sonde_conn, 120);
SIZE(sonde_unix_conn, 240);
SIZE(sonde_data, 48);
SIZE(sonde_end, 48);
SIZE(sonde_exec, 328);
SIZE(sonde_fork, 64);
SIZE(sonde_exit, 32);
SIZE(sonde_progress, 32);
SIZE(sonde_counters, 168);
SIZE(sonde_config, 32);
SIZE(sonde_policy, 16);

enum sonde_record_kind sonde_record_kind;
enum sonde_direction sonde_direction;
enum sonde_role sonde_role;
enum sonde_conn_flags sonde_conn_flags;
enum sonde_skip sonde_skip;
enum sonde_end_flags sonde_end_flags;
enum sonde_policy_mode sonde_policy_mode;
