import { attributeBound, writeAttribute } from '../pdata/otlp/attributes.ts';
import { ByteWriter, type Fixed64 } from '../pdata/otlp/writer.ts';
import type { AttributeKey } from '../wire/attribute.ts';
import { BUCKETS, COUNT, MAX, type MetricValue, MIN, type Series, type SeriesTable, SUM } from './histogram_series.ts';

const CUMULATIVE = 2;
const MONOTONIC = 1;

/** The Metrics of a table, with explicit buckets, cumulative: opentelemetry/proto/metrics/v1/metrics.proto. Returns the points. */
export function writeTable(writer: ByteWriter, table: SeriesTable, start: Fixed64, now: Fixed64): number {
  const { layout, definition } = table;
  let points = 0;
  definition.metrics.forEach((definitionOfMetric, index) => {
    const begin = writer.position;
    const metric = writer.begin(0x12);
    writer.stringField(0x0a, definitionOfMetric.name);
    writer.stringField(0x12, definitionOfMetric.description);
    writer.stringField(0x1a, definitionOfMetric.unit);
    const counter = definitionOfMetric.counter === true;
    const data = writer.begin(counter ? 0x3a : 0x4a);
    const bounds = layout.boundaries[index] as Float64Array;
    const at = layout.starts[index] as number;
    let written = 0;
    for (const series of table.all) {
      if (series.numbers[at + COUNT] === 0) continue;
      if (counter) writeSum(writer, series, at, start, now);
      else writePoint(writer, series, at, bounds, start, now);
      written++;
    }
    writer.reserve(4);
    writer.byte(0x10);
    writer.byte(CUMULATIVE);
    if (counter) {
      writer.byte(0x18);
      writer.byte(MONOTONIC);
    }
    writer.end(data);
    writer.end(metric);
    if (written === 0) writer.position = begin;
    points += written;
  });
  return points;
}

/** NumberDataPoint. */
function writeSum(writer: ByteWriter, { numbers, attributes }: Series, at: number, start: Fixed64, now: Fixed64): void {
  const point = writer.begin(0x0a);
  writer.reserve(40 + attributes.length);
  writer.byte(0x11);
  writer.fixed64(start[0], start[1]);
  writer.byte(0x19);
  writer.fixed64(now[0], now[1]);
  writer.byte(0x31);
  writer.fixed64Number(numbers[at + SUM] as number);
  const from = writer.position;
  writer.bytes(attributes);
  retag(writer.buffer, from, writer.position, 0x3a);
  writer.end(point);
}

/** The series' attributes are encoded once, as fields of a HistogramDataPoint. */
function retag(buffer: Uint8Array, start: number, end: number, tag: number): void {
  for (let at = start; at < end; ) {
    buffer[at++] = tag;
    let length = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = buffer[at++] as number;
      length |= (byte & 127) << shift;
      more = byte > 127;
    }
    at += length;
  }
}

/** HistogramDataPoint. */
function writePoint(
  writer: ByteWriter,
  series: Series,
  at: number,
  bounds: Float64Array,
  start: Fixed64,
  now: Fixed64,
): void {
  const { numbers, attributes } = series;
  const number = (index: number): number => numbers[at + index] as number;
  const point = writer.begin(0x0a);
  writer.reserve(80 + bounds.length * 16 + attributes.length);
  writer.byte(0x11);
  writer.fixed64(start[0], start[1]);
  writer.byte(0x19);
  writer.fixed64(now[0], now[1]);
  writer.byte(0x21);
  writer.fixed64Number(number(COUNT));
  writer.byte(0x29);
  writer.double(number(SUM));
  writer.byte(0x32);
  writer.varint((bounds.length + 1) * 8);
  for (let i = 0; i <= bounds.length; i++) writer.fixed64Number(number(BUCKETS + i));
  if (bounds.length > 0) {
    writer.byte(0x3a);
    writer.varint(bounds.length * 8);
    for (const bound of bounds) writer.double(bound);
  }
  writer.bytes(attributes);
  writer.byte(0x59);
  writer.double(number(MIN));
  writer.byte(0x61);
  writer.double(number(MAX));
  writer.end(point);
}

/** HistogramDataPoint.attributes (field 9). */
export function encodePointAttributes(keys: readonly AttributeKey[], values: readonly MetricValue[]): Uint8Array {
  const writer = new ByteWriter(256);
  keys.forEach((key, index) => {
    const value = values[index];
    if (value === undefined) return;
    writer.reserve(attributeBound(key.encoded, value));
    writeAttribute(writer, 0x4a, key.encoded, value);
  });
  return writer.take();
}
