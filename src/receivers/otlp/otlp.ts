import type { Component, NextConsumers, Settings } from '../../service/component.ts';
import type { OtlpReceiverConfig } from './config.ts';
import { Intake } from './intake.ts';
import { enabledProtocols } from './rules.ts';

/** Listens for OTLP; each protocol is loaded only when it is configured. */
export async function createOtlpReceiver(
  settings: Settings,
  config: OtlpReceiverConfig,
  next: NextConsumers,
): Promise<Component> {
  const protocols = enabledProtocols(config);
  const servers: Component[] = [];
  if (protocols.grpc !== undefined) {
    const { GrpcReceiver } = await import('./grpc_server.ts');
    servers.push(new GrpcReceiver(settings, protocols.grpc, new Intake(settings, next, 'grpc')));
  }
  if (protocols.http !== undefined) {
    const { HttpReceiver } = await import('./http_server.ts');
    servers.push(new HttpReceiver(settings, protocols.http, new Intake(settings, next, 'http')));
  }
  return {
    start: async () => {
      for (const server of servers) await server.start();
    },
    shutdown: async (deadline) => {
      await Promise.all(servers.map(async (server) => server.shutdown(deadline)));
    },
  };
}
