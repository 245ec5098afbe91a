import type { ProcessorFactory } from '../../service/component.ts';
import { itemNames } from '../../transport/signals.ts';
import { type MemoryLimiterConfig, schema, validate } from './config.ts';
import { MemoryLimiter } from './limiter.ts';
import { MemoryLimiterProcessor } from './memory_limiter.ts';
import { check } from './validate.gen.ts';

/** Pipelines with the same processor share one limiter, and so one measurement. */
const limiters = new WeakMap<object, MemoryLimiter>();

export const factory: ProcessorFactory<MemoryLimiterConfig> = {
  type: 'memory_limiter',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta', profiles: 'alpha' },
  schema,
  check,
  validate,
  create: async (settings, config, signal, next) => {
    const limiter = limiters.get(config) ?? new MemoryLimiter(config, settings.logger);
    limiters.set(config, limiter);
    return new MemoryLimiterProcessor(settings, limiter, itemNames[signal], next);
  },
};
