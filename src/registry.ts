import { Registry } from './service/registry.ts';

/** Every component there is: the only place that imports factories, and each only when it is configured. */
export const registry = new Registry({
  receiver: {
    ebpf_socket: { load: async () => (await import('./receivers/ebpf_socket/factory.ts')).factory },
    otlp: { load: async () => (await import('./receivers/otlp/factory.ts')).factory },
  },
  processor: {
    attributes: { load: async () => (await import('./processors/attributes/factory.ts')).factory },
    batch: { load: async () => (await import('./processors/batch/factory.ts')).factory },
    memory_limiter: { load: async () => (await import('./processors/memory_limiter/factory.ts')).factory },
    resource: { load: async () => (await import('./processors/resource/factory.ts')).factory },
  },
  exporter: {
    debug: { load: async () => (await import('./exporters/debug/factory.ts')).factory },
    file: { load: async () => (await import('./exporters/file/factory.ts')).factory },
    otlp_grpc: {
      aliases: ['otlp'],
      load: async () => (await import('./exporters/otlp_grpc/factory.ts')).factory,
    },
    otlp_http: {
      aliases: ['otlphttp'],
      load: async () => (await import('./exporters/otlp_http/factory.ts')).factory,
    },
    sdk: { load: async () => (await import('./exporters/sdk/factory.ts')).factory },
  },
  connector: {
    forward: { load: async () => (await import('./connectors/forward/factory.ts')).factory },
  },
  extension: {
    file_storage: { load: async () => (await import('./extensions/file_storage/factory.ts')).factory },
    health_check: { load: async () => (await import('./extensions/health_check/factory.ts')).factory },
  },
});
