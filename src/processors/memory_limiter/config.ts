import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';

const interval = (value: string, description: string) =>
  ({ type: 'string', format: 'duration', default: value, description }) as const;

export const schema = {
  type: 'object',
  properties: {
    check_interval: interval('0s', 'Time between measurements; must be set.'),
    limit_mib: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Resident memory of the process, the hard limit.',
    },
    spike_limit_mib: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Data is refused this much below the hard limit; 0 is a fifth of it.',
    },
    limit_percentage: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'The hard limit as a share of the cgroup’s memory limit, or of the machine’s memory.',
    },
    spike_limit_percentage: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'spike_limit_mib as such a share.',
    },
    min_gc_interval_when_soft_limited: interval(
      '10s',
      'Shortest time between forced collections above the soft limit.',
    ),
    min_gc_interval_when_hard_limited: interval('0s', 'The same above the hard limit.'),
    max_gc_interval_when_soft_limited: interval(
      '30s',
      'That time doubles up to this one while collections free little.',
    ),
    max_gc_interval_when_hard_limited: interval('30s', 'The same above the hard limit.'),
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type MemoryLimiterConfig = ConfigOf<typeof schema>;

/** Texts and order of internal/memorylimiter/config.go; the Collector tells the first one only. */
export function validate(config: MemoryLimiterConfig): { path: string[]; message: string }[] {
  const message = problem(config);
  return message === undefined ? [] : [{ path: [], message }];
}

function problem(config: MemoryLimiterConfig): string | undefined {
  if (config.check_interval <= 0) return "'check_interval' must be greater than zero";
  return gcProblem(config) ?? limitProblem(config);
}

function gcProblem(config: MemoryLimiterConfig): string | undefined {
  const minSoft = config.min_gc_interval_when_soft_limited;
  const minHard = config.min_gc_interval_when_hard_limited;
  const maxSoft = config.max_gc_interval_when_soft_limited;
  const maxHard = config.max_gc_interval_when_hard_limited;
  if (minSoft < minHard) {
    return "'min_gc_interval_when_soft_limited' should be larger than 'min_gc_interval_when_hard_limited'";
  }
  if (maxSoft < 0) return "'max_gc_interval_when_soft_limited' must be non-negative";
  if (maxHard < 0) return "'max_gc_interval_when_hard_limited' must be non-negative";
  if (maxSoft > 0 && maxSoft < minSoft) {
    return "'max_gc_interval_when_soft_limited' must be greater than or equal to 'min_gc_interval_when_soft_limited' (or 0 to disable)";
  }
  if (maxHard > 0 && maxHard < minHard) {
    return "'max_gc_interval_when_hard_limited' must be greater than or equal to 'min_gc_interval_when_hard_limited' (or 0 to disable)";
  }
  if (maxSoft > 0 && maxHard > 0 && maxSoft < maxHard) {
    return "'max_gc_interval_when_soft_limited' should be larger than or equal to 'max_gc_interval_when_hard_limited' (when both are set)";
  }
  return undefined;
}

function limitProblem(config: MemoryLimiterConfig): string | undefined {
  const {
    limit_mib: limit,
    spike_limit_mib: spike,
    limit_percentage: share,
    spike_limit_percentage: spikeShare,
  } = config;
  if (limit === 0 && share === 0) return "'limit_mib' or 'limit_percentage' must be greater than zero";
  if (share > 100 || spikeShare > 100) {
    return "'limit_percentage' and 'spike_limit_percentage' must be greater than zero and less than or equal to hundred";
  }
  if (limit > 0 && limit <= spike) return "'spike_limit_mib' must be smaller than 'limit_mib'";
  if (share > 0 && share <= spikeShare) return "'spike_limit_percentage' must be smaller than 'limit_percentage'";
  return undefined;
}
