import type { ComponentTelemetry, MetricValue } from './component.ts';

type Attributes = Readonly<Record<string, string>>;
interface Options {
  readonly description: string;
  readonly unit: string;
  readonly monotonic: boolean;
}
interface Point {
  readonly attributes: Attributes;
  value: number;
}
type Observer = () => Iterable<readonly [number, Attributes]>;
interface Instrument extends Options {
  readonly points: Map<string, Point>;
  readonly observers: Set<Observer>;
}

/** Distinct attribute sets per metric; more are added up in one point without attributes but `otel.metric.overflow`. */
const MAX_POINTS = 2000;
const overflow: Attributes = { 'otel.metric.overflow': 'true' };

/** Own metrics of all components, held in this process and read as a snapshot. */
export class TelemetryRegistry {
  readonly #instruments = new Map<string, Instrument>();
  readonly #sources = new Map<string, () => Iterable<MetricValue>>();

  /** `fixed`: attributes of every point, such as the component's id. */
  component(fixed: Attributes): ComponentTelemetry {
    return this.scope(fixed);
  }

  /** `close` ends the observers; what was counted stays, so that a component that is made again goes on counting. */
  scope(fixed: Attributes): ComponentTelemetry & { readonly close: () => void } {
    const ends: (() => void)[] = [];
    return {
      close: () => {
        for (const end of ends.splice(0)) end();
      },
      counter: (name, options) => {
        const instrument = this.#instrument(name, { ...options, monotonic: true });
        return (value, attributes) => add(instrument, value, { ...fixed, ...attributes });
      },
      observable: (name, options, observe) => {
        const { observers } = this.#instrument(name, options);
        const observer: Observer = () =>
          Array.from(observe(), ([value, attributes]) => [value, { ...fixed, ...attributes }] as const);
        observers.add(observer);
        ends.push(() => observers.delete(observer));
      },
      // It outlives the component: what it reads from does, too.
      source: (key, read) => this.addSource(key, read),
    };
  }

  /** Metrics that somebody else counts; asked at each snapshot. The same key replaces. */
  addSource(key: string, source: () => Iterable<MetricValue>): void {
    this.#sources.set(key, source);
  }

  snapshot(): MetricValue[] {
    const result: MetricValue[] = [];
    for (const source of this.#sources.values()) result.push(...source());
    for (const [name, { points, observers, ...options }] of this.#instruments) {
      for (const { attributes, value } of points.values()) result.push({ name, ...options, attributes, value });
      for (const observe of observers) {
        for (const [value, attributes] of observe()) result.push({ name, ...options, attributes, value });
      }
    }
    return result;
  }

  #instrument(name: string, options: Options): Instrument {
    let instrument = this.#instruments.get(name);
    if (instrument === undefined) {
      instrument = { ...options, points: new Map(), observers: new Set() };
      this.#instruments.set(name, instrument);
    }
    return instrument;
  }
}

function add(instrument: Instrument, value: number, attributes: Attributes): void {
  const key = JSON.stringify(Object.entries(attributes).sort());
  const point = instrument.points.get(key);
  if (point !== undefined) point.value += value;
  else if (instrument.points.size < MAX_POINTS) instrument.points.set(key, { attributes, value });
  else {
    const rest = instrument.points.get('') ?? { attributes: overflow, value: 0 };
    rest.value += value;
    instrument.points.set('', rest);
  }
}
