import type { ServiceConfig } from '../config/service_config.ts';
import type { Signal } from '../pdata/pdata.ts';
import type { Extension, ExtensionFactory, Settings } from './component.ts';
import { type BuiltComponent, Graph } from './graph.ts';
import type { LineLogger } from './logger.ts';
import type { Kind } from './registry.ts';
import type { TelemetryRegistry } from './telemetry.ts';

export interface ServiceOptions {
  readonly config: ServiceConfig;
  readonly logger: LineLogger;
  readonly telemetry: TelemetryRegistry;
  readonly buildInfo: Settings['buildInfo'];
  readonly fail: Settings['fail'];
}

/** The running pipelines. */
export class Service {
  readonly #options: ServiceOptions;
  #components: readonly BuiltComponent[] = [];
  readonly #extensions = new Map<string, Extension>();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Exporters first, receivers last; what started is stopped again when one fails. */
  async start(): Promise<void> {
    const { config } = this.#options;
    await this.#startExtensions();
    this.#components = await new Graph(config, (kind, id, signal) => this.#settings(kind, id, signal)).build();
    const order = [
      ...this.#components.filter(({ kind }) => kind !== 'receiver'),
      ...this.#components.filter(({ kind }) => kind === 'receiver'),
    ];
    for (const { kind, id, component } of order) {
      try {
        await component.start();
      } catch (error) {
        this.#components = [];
        for (const { component: each } of order.toReversed()) await each.shutdown(performance.now());
        throw new Error(`cannot start pipelines: failed to start "${id}" ${kind}: ${describe(error)}`, {
          cause: error,
        });
      }
    }
    for (const extension of this.#extensions.values()) extension.ready?.();
  }

  /** In the order of `service::extensions`; one may use those before it. */
  async #startExtensions(): Promise<void> {
    const { config } = this.#options;
    for (const id of config.extensions) {
      const configured = config.components.extension.get(id);
      if (configured === undefined) continue;
      const factory = configured.factory as ExtensionFactory;
      const extension = await factory.create(this.#settings('extension', id), configured.config);
      try {
        await extension.start();
      } catch (error) {
        throw new Error(`failed to start extensions: failed to start extension "${id}": ${describe(error)}`, {
          cause: error,
        });
      }
      this.#extensions.set(id, extension);
    }
  }

  /** Receivers first, exporters last, each with what is left of the time until `deadline` (ms of performance.now()). */
  async shutdown(deadline: number): Promise<void> {
    for (const extension of this.#extensions.values()) extension.notReady?.();
    const receivers = this.#components.filter(({ kind }) => kind === 'receiver');
    const others = this.#components.filter(({ kind }) => kind !== 'receiver').reverse();
    // Half of the time is the exporters': a receiver that waits for a full pipeline must not take it all.
    const now = performance.now();
    const half = now + (deadline - now) / 2;
    await Promise.all(receivers.map(async (each) => this.#stop(each, half)));
    for (const each of others) await this.#stop(each, deadline);
    this.#components = [];
    for (const [id, component] of [...this.#extensions].reverse()) {
      await this.#stop({ kind: 'extension', id, component }, deadline);
    }
    this.#extensions.clear();
  }

  async #stop({ kind, id, component }: BuiltComponent, deadline: number): Promise<void> {
    try {
      await component.shutdown(deadline);
    } catch (error) {
      this.#options.logger.error(`failed to shut down ${kind} "${id}"`, { error: describe(error) });
    }
  }

  #settings(kind: Kind, id: string, signal?: Signal): Settings {
    const { logger, telemetry, buildInfo, fail } = this.#options;
    const fields = {
      'otelcol.component.id': id,
      'otelcol.component.kind': kind,
      ...(signal === undefined ? {} : { 'otelcol.signal': signal }),
    };
    return {
      id,
      logger: logger.with(id, fields),
      telemetry: telemetry.component({ [kind]: id, ...(signal === undefined ? {} : { data_type: signal }) }),
      buildInfo,
      fail,
      extension: (name) => this.#extensions.get(name),
    };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
