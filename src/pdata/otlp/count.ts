import type { Signal } from '../pdata.ts';
import { ByteReader } from './reader.ts';
import { LENGTH } from './types.ts';

/**
 * Items of a request by its lengths alone: field 1 of the request, 2 of the resource, 2 of the scope are spans, metrics, log
 * records or profiles. What is in a span or record is not read.
 */
const RESOURCES = 1 * 8 + LENGTH;
const SCOPES = 2 * 8 + LENGTH;
const ITEMS = 2 * 8 + LENGTH;
const SAMPLES = 2 * 8 + LENGTH;
const DATA_POINTS = 1 * 8 + LENGTH;

type Counter = (reader: ByteReader, end: number) => number;

const counters: Readonly<Record<Signal, Counter>> = {
  traces: skipTo,
  logs: skipTo,
  metrics: (reader, end) => dataPoints(reader, end),
  profiles: (reader, end) => sum(reader, end, SAMPLES, skipTo),
};

/** Spans, data points, log records or samples. Throws only OtlpError. */
export function countItems(signal: Signal, bytes: Uint8Array): number {
  const ofItem = counters[signal];
  const ofScope: Counter = (reader, end) => sum(reader, end, ITEMS, ofItem);
  const ofResource: Counter = (reader, end) => sum(reader, end, SCOPES, ofScope);
  return sum(new ByteReader(bytes), bytes.length, RESOURCES, ofResource);
}

/** One item, whatever is in it. */
function skipTo(reader: ByteReader, end: number): number {
  reader.position = end;
  return 1;
}

function sum(reader: ByteReader, end: number, wanted: number, count: Counter): number {
  let total = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === wanted) total += count(reader, reader.lengthEnd(end));
    else reader.skip(tag, end);
  }
  return total;
}

/** Points of the metric's data: gauge (5), sum (7), histogram (9), exponential_histogram (10), summary (11); the last one counts. */
function dataPoints(reader: ByteReader, end: number): number {
  let points = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    const number = tag >>> 3;
    const isData = (tag & 7) === LENGTH && (number === 5 || number === 7 || (number >= 9 && number <= 11));
    if (isData) points = sum(reader, reader.lengthEnd(end), DATA_POINTS, skipTo);
    else reader.skip(tag, end);
  }
  return points;
}
