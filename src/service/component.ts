import type { Batch, Signal } from '../pdata/pdata.ts';

/** Mirrors the Collector's stability levels. */
type Stability = 'development' | 'alpha' | 'beta' | 'stable';

/**
 * Takes data. Resolves when the data is accepted downstream as durably as the configuration promises; rejects with a
 * `ConsumeError`. A receiver acknowledges after that, never before.
 */
export interface Consumer {
  consume(batch: Batch): Promise<void>;
}

/** `permanent`: the same data will fail again. Otherwise it may be sent again, not before `retryAfterMs` if given. */
export class ConsumeError extends Error {
  readonly permanent: boolean;
  readonly retryAfterMs: number | undefined;
  /** google.rpc.Code of an upstream that refused for good: the sender is told the same. */
  readonly code: number | undefined;

  constructor(message: string, options: { permanent: boolean; retryAfterMs?: number; code?: number; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'ConsumeError';
    this.permanent = options.permanent;
    this.retryAfterMs = options.retryAfterMs;
    this.code = options.code;
  }
}

export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Given to every component when it is made. */
export interface Settings {
  /** `type` or `type/name`. */
  readonly id: string;
  readonly logger: Logger;
  readonly telemetry: ComponentTelemetry;
  readonly buildInfo: { readonly command: string; readonly version: string };
  /** Ends the whole service with an error: for what cannot be known before `start` is over. */
  readonly fail: (error: Error) => void;
  /**
   * The extension of this id, started before every other component; undefined if `service::extensions` does not list it.
   * Ask while being created or started. What an extension can do beyond `Component` (storage, authentication) is asked of the
   * object itself. Who asked is made again when a reload changes the extension.
   */
  readonly extension: (id: string) => Extension | undefined;
  /** Of the file in which the component is configured; undefined: it is in none. */
  readonly directory?: string;
}

export type MetricAttributes = Readonly<Record<string, string | number | boolean>>;

export interface MetricOptions {
  readonly description: string;
  readonly unit: string;
  /** The lowest `service::telemetry::metrics::level` that has it; default: basic. */
  readonly level?: 'normal' | 'detailed';
  /** Without the component's id: its own attributes say where it was. */
  readonly anonymous?: boolean;
  /** Attribute that names the component's signal. */
  readonly signalKey?: 'data_type' | 'otel.signal';
}

export interface HistogramOptions extends MetricOptions {
  /** Upper bounds of the buckets; default: the SDK's. */
  readonly boundaries?: readonly number[];
}

export interface Histogram {
  /** Somebody reads it: else what is costly to measure need not be. */
  readonly enabled: boolean;
  record(value: number, attributes?: MetricAttributes): void;
}

/** Own metrics of a component, behind the OpenTelemetry API. */
export interface ComponentTelemetry {
  /** What it returns is fast for attributes that are the same object each time. */
  counter(name: string, options: MetricOptions): (value: number, attributes?: MetricAttributes) => void;
  /** `observe` is called at each collection. */
  observable(
    name: string,
    options: MetricOptions & Pick<MetricValue, 'monotonic' | 'additive'>,
    observe: () => Iterable<readonly [number, MetricAttributes]>,
  ): void;
  histogram(name: string, options: HistogramOptions): Histogram;
  /** Metrics that something shared by several components counts: registered once per `key`, without attributes of a component. */
  source(key: string, read: () => Iterable<MetricValue>): void;
}

/** One value of an own metric. */
export interface MetricValue extends Omit<MetricOptions, 'signalKey' | 'anonymous'> {
  readonly name: string;
  /** Else it is a level that goes up and down. */
  readonly monotonic: boolean;
  /** A level whose values are added up over attributes: an UpDownCounter, else a Gauge. */
  readonly additive?: boolean;
  readonly attributes: MetricAttributes;
  readonly value: number;
}

export interface Component {
  /** Fails the whole start when it rejects. */
  start(): Promise<void>;
  /**
   * Safe to call without `start()`; drains until `deadline` (ms of performance.now()). `successor`: at a reload, takes what
   * could not be delivered by then, instead of its being dropped; it is the new instance of the same component.
   */
  shutdown(deadline: number, successor?: Consumer): Promise<void>;
}

/** Serves the process or other components. Started first, in the order of `service::extensions`, stopped last. */
export interface Extension extends Component {
  /** Every pipeline has started and data is taken. */
  ready?(): void;
  /** Receivers are about to stop. */
  notReady?(): void;
}

/** Next consumers by signal: only those that pipelines of this receiver have. */
export type NextConsumers = Readonly<Partial<Record<Signal, Consumer>>>;

/** A validator that ajv compiled: false leaves what is wrong in `errors`. */
export interface SchemaCheck {
  (config: unknown): boolean;
  errors?: readonly { readonly instancePath: string; readonly message?: string }[] | null;
}

interface ConfigProblem {
  readonly path: readonly string[];
  readonly message: string;
  /** What to write; without one the description of the key is told. */
  readonly remedy?: string | undefined;
}

interface FactoryBase<Config> {
  /** Canonical name; `^[a-zA-Z][0-9a-zA-Z_]{0,62}$`. */
  readonly type: string;
  /** Accepted with the Collector's deprecation warning. */
  readonly aliases?: readonly string[];
  readonly stability: Readonly<Partial<Record<Signal, Stability>>>;
  /** JSON Schema (draft 2020-12) of the configuration, with `default`s and `description`s. */
  readonly schema: object;
  /** The schema's rules on the decoded configuration, compiled ahead of time by scripts/gen/validators.mjs. */
  readonly check?: SchemaCheck;
  /** Checks that a schema can't say; each problem names its key path. */
  validate?(config: Config): readonly ConfigProblem[];
  /** Checks that hang on the signal of a pipeline that has the component. */
  validateFor?(config: Config, signal: Signal): readonly ConfigProblem[];
  /**
   * A reload starts the new instance before the old one stops. Default: true for processors, connectors and exporters, false
   * for receivers and extensions. False for what two instances cannot share: a port, a file, a directory.
   */
  readonly overlaps?: boolean;
}

export interface ReceiverFactory<Config = unknown> extends FactoryBase<Config> {
  create(settings: Settings, config: Config, next: NextConsumers): Promise<Component>;
}

export interface ProcessorFactory<Config = unknown> extends FactoryBase<Config> {
  /** Has metrics of its own in place of otelcol_processor_{incoming,outgoing}_items. */
  readonly countsItems?: boolean;
  create(settings: Settings, config: Config, signal: Signal, next: Consumer): Promise<Component & Consumer>;
}

export interface ExporterFactory<Config = unknown> extends FactoryBase<Config> {
  /** One instance per exporter id and signal. */
  create(settings: Settings, config: Config, signal: Signal): Promise<Component & Consumer>;
}

export interface ExtensionFactory<Config = unknown> extends Omit<FactoryBase<Config>, 'stability'> {
  readonly stability: Stability;
  create(settings: Settings, config: Config): Promise<Extension>;
}

export interface ConnectorFactory<Config = unknown> extends Omit<FactoryBase<Config>, 'stability'> {
  /** `traces→metrics` pairs. */
  readonly pairs: readonly { readonly from: Signal; readonly to: Signal; readonly stability: Stability }[];
  create(settings: Settings, config: Config, from: Signal, to: Signal, next: Consumer): Promise<Component & Consumer>;
}
