import { dirname, resolve } from 'node:path';
import type { Location } from '../config/node.ts';
import type { ServiceConfig } from '../config/service_config.ts';
import type { Settings } from './component.ts';
import { Graph, type Node } from './graph.ts';
import type { MadeSettings } from './instance.ts';
import type { LineLogger } from './logger.ts';
import { Pipelines } from './pipelines.ts';
import type { Tracing } from './switch.ts';
import type { TelemetryRegistry } from './telemetry.ts';

/** Time that a reload gives what is replaced or removed to hand everything over; meanwhile the new ones run. */
const RELOAD_DRAIN_MS = 10_000;

interface ServiceOptions {
  readonly config: ServiceConfig;
  readonly logger: LineLogger;
  readonly telemetry: TelemetryRegistry;
  readonly buildInfo: Settings['buildInfo'];
  readonly fail: Settings['fail'];
  readonly tracing?: Tracing;
}

interface Reloaded {
  /** Labels of the components that were made and stopped; everything else was left alone. */
  readonly made: readonly string[];
  readonly stopped: readonly string[];
}

/** The running configuration. */
export class Service {
  readonly #options: ServiceOptions;
  readonly #pipelines: Pipelines;
  #nodes: readonly Node[] = [];
  #config: ServiceConfig;
  /** A reload or a shutdown waits for the one before. */
  #busy: Promise<unknown> = Promise.resolve();

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#config = options.config;
    const { logger, tracing = { traced: undefined } } = options;
    const settings = (node: Node, extension: Settings['extension']): MadeSettings => this.#settings(node, extension);
    this.#pipelines = new Pipelines({ logger, settings, tracing });
  }

  get config(): ServiceConfig {
    return this.#config;
  }

  /** Extensions and exporters first, receivers last; what started is stopped again when one fails. */
  async start(): Promise<void> {
    const nodes = new Graph(this.#config).plan();
    try {
      await this.#pipelines.transition(nodes, 0);
    } catch (error) {
      await this.#pipelines.shutdown(performance.now());
      throw error;
    }
    this.#nodes = nodes;
    this.#ready();
  }

  /**
   * Makes only what changed. Throws when the new configuration does not start: then the old one runs again, or, when that is
   * not possible any more, the service ends.
   */
  reload(config: ServiceConfig): Promise<Reloaded> {
    return this.#next(async () => {
      const nodes = new Graph(config).plan();
      try {
        const done = await this.#pipelines.transition(nodes, RELOAD_DRAIN_MS);
        this.#nodes = nodes;
        this.#config = config;
        this.#ready();
        return done;
      } catch (error) {
        try {
          await this.#pipelines.transition(this.#nodes, RELOAD_DRAIN_MS);
          this.#ready();
        } catch (second) {
          this.#options.fail(second instanceof Error ? second : new Error(String(second)));
        }
        throw error;
      }
    });
  }

  /** Receivers first, exporters last, extensions after all; everything by `deadline` (ms of performance.now()). */
  shutdown(deadline: number): Promise<void> {
    for (const extension of this.#pipelines.extensions) extension.notReady?.();
    return this.#next(() => this.#pipelines.shutdown(deadline));
  }

  #ready(): void {
    for (const extension of this.#pipelines.extensions) extension.ready?.();
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#busy.then(work, work);
    this.#busy = done.catch(() => undefined);
    return done;
  }

  #settings({ kind, id, signal, configured }: Node, extension: Settings['extension']): MadeSettings {
    const { logger, telemetry, buildInfo, fail } = this.#options;
    const type = signal === undefined ? {} : { 'otelcol.signal': signal };
    const fields = { 'otelcol.component.id': id, 'otelcol.component.kind': kind, ...type };
    const scope = telemetry.scope({ [kind]: id }, signal);
    const directory = directoryOf(configured.at);
    return {
      settings: {
        id,
        logger: logger.with(id, fields),
        telemetry: scope,
        buildInfo,
        fail,
        extension,
        ...(directory === undefined ? {} : { directory }),
      },
      close: scope.close,
    };
  }
}

/** Undefined for options, variables and addresses. */
function directoryOf({ source }: Location): string | undefined {
  return /^(--|https?:)/.test(source) ? undefined : dirname(resolve(source));
}
