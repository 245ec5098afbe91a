import type { MetricDefinition, OperationDefinition } from '../wire/operation.ts';

/**
 * The series of one instance and operation definition: attribute values lead to one row of numbers that holds the
 * histograms of all the definition's metrics. A row per metric: count, sum, min, max, then the buckets.
 */
export type MetricValue = string | number | boolean | undefined;

export const COUNT = 0;
export const SUM = 1;
export const MIN = 2;
export const MAX = 3;
export const BUCKETS = 4;

export interface Series {
  /** Encoded KeyValue fields of the point, made by `attributes` once. */
  readonly attributes: Uint8Array;
  readonly numbers: Float64Array;
}

/** Where each metric's histogram begins in `Series.numbers`, and how many numbers there are. */
export interface Layout {
  readonly boundaries: readonly Float64Array[];
  readonly starts: readonly number[];
  readonly length: number;
}

export function layoutOf(metrics: readonly MetricDefinition[]): Layout {
  const boundaries: Float64Array[] = [];
  const starts: number[] = [];
  let length = 0;
  for (const metric of metrics) {
    boundaries.push(Float64Array.from(metric.boundaries));
    starts.push(length);
    length += BUCKETS + metric.boundaries.length + 1;
  }
  return { boundaries, starts, length };
}

/** Attribute values lead from node to node. Most nodes have one child, so a Map is made only for the second. */
interface Node {
  key: MetricValue;
  only: Node | undefined;
  more: Map<MetricValue, Node> | undefined;
  series: Series | undefined;
}

function newNode(): Node {
  return { key: undefined, only: undefined, more: undefined, series: undefined };
}

function childOf(node: Node, value: MetricValue): Node | undefined {
  if (node.more !== undefined) return node.more.get(value);
  return node.key === value ? node.only : undefined;
}

function addChild(node: Node, value: MetricValue): Node {
  const child = newNode();
  if (node.only === undefined) {
    node.key = value;
    node.only = child;
  } else {
    node.more ??= new Map([[node.key, node.only]]);
    node.more.set(value, child);
  }
  return child;
}

export class SeriesTable {
  readonly definition: OperationDefinition;
  readonly layout: Layout;
  readonly all: Series[] = [];
  private readonly root = newNode();
  private lastValues: MetricValue[] = [];
  private last: Series | undefined;

  constructor(definition: OperationDefinition, layout: Layout) {
    this.definition = definition;
    this.layout = layout;
  }

  /** The series of these values, if there is one. `values` may be used again by the caller. */
  find(values: readonly MetricValue[]): Series | undefined {
    if (this.last !== undefined && same(values, this.lastValues)) return this.last;
    let node: Node | undefined = this.root;
    for (let i = 0; i < values.length && node !== undefined; i++) node = childOf(node, values[i]);
    const series = node?.series;
    if (series !== undefined) this.remember(values, series);
    return series;
  }

  /** Only after `find` said undefined. */
  insert(values: readonly MetricValue[], attributes: Uint8Array): Series {
    let node = this.root;
    for (const value of values) node = childOf(node, value) ?? addChild(node, value);
    const series = this.create(attributes);
    node.series = series;
    this.remember(values, series);
    return series;
  }

  /** A series that no values lead to: the overflow. */
  create(attributes: Uint8Array): Series {
    const numbers = new Float64Array(this.layout.length);
    for (const start of this.layout.starts) {
      numbers[start + MIN] = Number.POSITIVE_INFINITY;
      numbers[start + MAX] = Number.NEGATIVE_INFINITY;
    }
    const series = { attributes, numbers };
    this.all.push(series);
    return series;
  }

  record(series: Series, measurements: readonly number[]): void {
    const { boundaries, starts } = this.layout;
    const { numbers } = series;
    for (let metric = 0; metric < starts.length; metric++) {
      const value = measurements[metric];
      // NaN says "not known"; an infinite value would spoil the sum for ever.
      if (value === undefined || !Number.isFinite(value)) continue;
      const start = starts[metric] as number;
      numbers[start + COUNT] = (numbers[start + COUNT] as number) + 1;
      numbers[start + SUM] = (numbers[start + SUM] as number) + value;
      if (value < (numbers[start + MIN] as number)) numbers[start + MIN] = value;
      if (value > (numbers[start + MAX] as number)) numbers[start + MAX] = value;
      const at = start + BUCKETS + bucketOf(boundaries[metric] as Float64Array, value);
      numbers[at] = (numbers[at] as number) + 1;
    }
  }

  private remember(values: readonly MetricValue[], series: Series): void {
    for (let i = 0; i < values.length; i++) this.lastValues[i] = values[i];
    if (this.lastValues.length !== values.length) this.lastValues.length = values.length;
    this.last = series;
  }
}

function same(a: readonly MetricValue[], b: readonly MetricValue[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Upper bounds are inclusive: bucket i counts (bounds[i-1], bounds[i]]. */
function bucketOf(bounds: Float64Array, value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= (bounds[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}
