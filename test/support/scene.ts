import { Netns } from './netns.ts';
import type { Server, ServerOptions, StartServer } from './servers.ts';
import { Sonde, type SondeOptions } from './sonde.ts';

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
    sonde = await Sonde.start(netns, options.sonde);
    const result = await work({ netns, server, sonde });
    await server.stop();
    return result;
  } finally {
    await netns.delete();
    sonde?.clean();
  }
}
