import type {
  ComponentTelemetry,
  Histogram,
  HistogramOptions,
  MetricAttributes,
  MetricOptions,
  MetricValue,
} from './component.ts';

/** One series of a counter. Adding to it is an addition: the SDK, at 0.9 µs for each of its own, gets the sum at collection. */
export interface Point {
  readonly attributes: MetricAttributes;
  total: number;
  /** Not given to the SDK yet. */
  pending: number;
  /** The SDK does not have this series: it gets it with zero, too. */
  fresh: boolean;
}

interface CounterState extends MetricOptions {
  readonly name: string;
  readonly points: Map<string, Point>;
}

/** Histograms of the readers that run now; undefined for one that their level leaves out. */
export interface Recorders {
  histogram(
    name: string,
    options: HistogramOptions,
  ): ((value: number, attributes: MetricAttributes) => void) | undefined;
}

type Observer = () => Iterable<MetricValue>;

/** Distinct attribute sets per metric, as in the SDK; more are added up in one point. */
const MAX_POINTS = 2000;
const overflow: MetricAttributes = { 'otel.metric.overflow': true };

/** What the components count; `OwnMeters` makes OpenTelemetry instruments of it while somebody reads. */
export class TelemetryRegistry {
  readonly #counters = new Map<string, CounterState>();
  readonly #observers = new Set<Observer>();
  readonly #sources = new Map<string, Observer>();
  #recorders: Recorders | undefined;

  get counters(): Iterable<CounterState> {
    return this.#counters.values();
  }

  /** `fixed`: attributes of every point, such as the component's id. */
  component(fixed: MetricAttributes, signal?: string): ComponentTelemetry {
    return this.scope(fixed, signal);
  }

  /** `close` ends the observers; what was counted stays, so that a component that is made again goes on counting. */
  scope(fixed: MetricAttributes, signal?: string): ComponentTelemetry & { readonly close: () => void } {
    const ends: (() => void)[] = [];
    const fixedOf = ({ signalKey, anonymous }: MetricOptions): MetricAttributes => ({
      ...(anonymous === true ? {} : fixed),
      ...(signalKey === undefined || signal === undefined ? {} : { [signalKey]: signal }),
    });
    return {
      close: () => {
        for (const end of ends.splice(0)) end();
      },
      counter: (name, options) => this.#counter(name, options, fixedOf(options)),
      observable: (name, options, observe) => {
        const base = fixedOf(options);
        const observer: Observer = () =>
          Array.from(observe(), ([value, attributes]) => ({
            ...options,
            name,
            value,
            attributes: { ...base, ...attributes },
          }));
        this.#observers.add(observer);
        ends.push(() => this.#observers.delete(observer));
      },
      histogram: (name, options) => this.#histogram(name, options, fixedOf(options)),
      // It outlives the component: what it reads from does, too.
      source: (key, read) => this.addSource(key, read),
    };
  }

  /** Metrics that somebody else counts; asked at each collection. The same key replaces. */
  addSource(key: string, source: Observer): void {
    this.#sources.set(key, source);
  }

  /** New readers: they begin at zero, as their start time says. */
  attach(recorders: Recorders | undefined): void {
    for (const { points } of this.#counters.values()) {
      for (const point of points.values()) {
        if (this.#recorders !== undefined) point.pending = 0;
        point.fresh = true;
      }
    }
    this.#recorders = recorders;
  }

  /** What is not counted but asked for; values of the same series are added up. */
  observe(): MetricValue[] {
    const byKey = new Map<string, MetricValue>();
    for (const observe of [...this.#sources.values(), ...this.#observers]) {
      for (const each of observe()) {
        const key = `${each.name} ${keyOf(each.attributes)}`;
        const before = byKey.get(key);
        byKey.set(key, before === undefined ? each : { ...before, value: before.value + each.value });
      }
    }
    return [...byKey.values()];
  }

  /** Everything as it is now. */
  snapshot(): MetricValue[] {
    const result = this.observe();
    for (const { points, ...options } of this.#counters.values()) {
      for (const { attributes, total: value } of points.values()) {
        result.push({ ...options, monotonic: true, attributes, value });
      }
    }
    return result;
  }

  #counter(name: string, options: MetricOptions, fixed: MetricAttributes): ReturnType<ComponentTelemetry['counter']> {
    const counter = this.#counters.get(name) ?? { ...options, name, points: new Map<string, Point>() };
    this.#counters.set(name, counter);
    let plain: Point | undefined;
    const known = new WeakMap<MetricAttributes, Point>();
    return (value, attributes) => {
      let point = attributes === undefined ? plain : known.get(attributes);
      if (point === undefined) {
        point = pointOf(counter, { ...fixed, ...attributes });
        if (attributes === undefined) plain = point;
        else known.set(attributes, point);
      }
      point.total += value;
      point.pending += value;
    };
  }

  #histogram(name: string, options: HistogramOptions, fixed: MetricAttributes): Histogram {
    let asked: Recorders | undefined;
    let recorder: ReturnType<Recorders['histogram']>;
    const current = (): typeof recorder => {
      if (asked !== this.#recorders) {
        asked = this.#recorders;
        recorder = asked?.histogram(name, options);
      }
      return recorder;
    };
    return {
      get enabled() {
        return current() !== undefined;
      },
      record: (value, attributes) => current()?.(value, attributes === undefined ? fixed : { ...fixed, ...attributes }),
    };
  }
}

export function keyOf(attributes: MetricAttributes): string {
  return JSON.stringify(Object.entries(attributes).sort());
}

function pointOf({ points }: CounterState, attributes: MetricAttributes): Point {
  const key = keyOf(attributes);
  const known = points.get(key);
  if (known !== undefined) return known;
  const full = points.size >= MAX_POINTS;
  const rest = full ? points.get('') : undefined;
  if (rest !== undefined) return rest;
  const point = { attributes: full ? overflow : attributes, total: 0, pending: 0, fresh: true };
  points.set(full ? '' : key, point);
  return point;
}
