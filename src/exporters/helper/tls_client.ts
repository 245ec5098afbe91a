import type { Settings } from '../../service/component.ts';
import { secureContextOptions, watchTls } from '../../transport/tls_options.ts';
import type { TlsClientConfig } from '../../transport/tls_schema.ts';

/** The client of an upstream, made anew when the files of `tls` change. */
export class TlsClient<Client> {
  readonly #make: () => Client;
  readonly #retire: (client: Client) => void;
  #client: Client;
  readonly #stop: () => void;

  /** Reads the files: throws when one is missing. `retire`: what is under way on it may end. */
  constructor(settings: Settings, tls: TlsClientConfig, make: () => Client, retire: (client: Client) => void) {
    this.#make = make;
    this.#retire = retire;
    this.#client = make();
    this.#stop = watchTls(
      tls,
      () => secureContextOptions(tls),
      () => this.#renew(),
      (error) => settings.logger.error('failed to reload TLS', { error }),
    );
  }

  get current(): Client {
    return this.#client;
  }

  /** Returns the last client, to be closed. */
  stop(): Client {
    this.#stop();
    return this.#client;
  }

  #renew(): void {
    const before = this.#client;
    this.#client = this.#make();
    this.#retire(before);
  }
}
