import { Netns } from './netns.ts';
import type { Server, ServerOptions, StartServer } from './servers.ts';
import { Sonde, type SondeOptions } from './sonde.ts';
import { until } from './until.ts';

export interface Scene {
  readonly netns: Netns;
  readonly server: Server;
  readonly sonde: Sonde;
}

/** A namespace with a server and Sonde beside it; all of it is gone afterwards, whatever happened. */
export async function withScene<Result>(
  start: StartServer,
  work: (scene: Scene) => Promise<Result>,
  options: { readonly sonde?: SondeOptions; readonly server?: ServerOptions } = {},
): Promise<Result> {
  const netns = new Netns();
  let sonde: Sonde | undefined;
  try {
    const server = await start(netns, options.server);
    const started = await Sonde.start(netns, options.sonde);
    sonde = started;
    // On a busy machine it may be ready before the kernel is.
    await until(() => started.stderr().includes('eBPF programs are attached'), 'the programs to be attached', 30_000);
    const result = await work({ netns, server, sonde: started });
    await server.stop();
    return result;
  } finally {
    await netns.delete();
    sonde?.clean();
  }
}
