import { Batch, type Signal } from '../pdata.ts';
import { countItems } from './count.ts';
import { ByteReader } from './reader.ts';
import { LENGTH } from './types.ts';
import { ByteWriter } from './writer.ts';

/**
 * Cuts a batch behind its first items, by lengths alone: what is in a span or record is copied, not read. Both parts have the
 * resource and scope of what they hold. Of metrics, a metric with more data points than fit is cut between points, with its
 * name and other fields in both parts.
 */
const FIRST = 1 * 8 + LENGTH;
const SECOND = 2 * 8 + LENGTH;

/** The lengths of the open messages grow when they are closed. */
const LENGTHS = 16;

/** How much the first part may have. One item is always taken, however large. */
export interface SplitLimit {
  readonly sizer: 'items' | 'bytes';
  readonly max: number;
}

/** [first part] or [first part, rest]. Throws only OtlpError. */
export function splitBatch(batch: Batch, limit: SplitLimit): readonly [Batch] | readonly [Batch, Batch] {
  const { signal, chunks } = batch;
  const size = limit.sizer === 'items' ? batch.itemCount : batch.byteLength;
  // Profiles share a dictionary: a part of them would have to carry all of it.
  if (size <= limit.max || signal === 'profiles') return [batch];
  const head: Uint8Array[] = [];
  let taken = 0;
  let items = 0;
  for (const [i, chunk] of chunks.entries()) {
    const count = chunks.length === 1 ? batch.itemCount : countItems(signal, chunk);
    const chunkSize = limit.sizer === 'items' ? count : chunk.length;
    if (taken + chunkSize <= limit.max) {
      head.push(chunk);
      taken += chunkSize;
      items += count;
      continue;
    }
    const cut = new Cut(signal, chunk, { ...limit, max: limit.max - taken }, items === 0);
    if (cut.items > 0) head.push(cut.head);
    const rest = cut.items < count ? [cut.tail] : [];
    const tail = [...rest, ...chunks.slice(i + 1)];
    const headItems = items + cut.items;
    if (tail.length === 0) return [new Batch(signal, head, headItems)];
    return [new Batch(signal, head, headItems), new Batch(signal, tail, batch.itemCount - headItems)];
  }
  return [batch];
}

/** One request cut in two. */
class Cut {
  /** In `head`. */
  items = 0;
  private readonly bytes: Uint8Array;
  private readonly reader: ByteReader;
  private readonly limit: SplitLimit;
  private readonly signal: Signal;
  private readonly first: ByteWriter;
  private readonly second: ByteWriter;
  private readonly takeOne: boolean;
  private full = false;

  constructor(signal: Signal, bytes: Uint8Array, limit: SplitLimit, takeOne: boolean) {
    this.signal = signal;
    this.bytes = bytes;
    this.reader = new ByteReader(bytes);
    this.limit = limit;
    this.takeOne = takeOne;
    this.first = new ByteWriter(1024);
    this.second = new ByteWriter(bytes.length + 64);
    this.level(0, bytes.length);
  }

  get head(): Uint8Array {
    return this.first.take();
  }

  get tail(): Uint8Array {
    return this.second.take();
  }

  /**
   * 0: the request, 1: a resource's entry, 2: a scope's entry, 3: a metric, 4: its data. The fields that lead to items are
   * cut; all others belong to both parts, because a part without its resource would mean something else.
   */
  private level(depth: number, end: number): void {
    const { reader } = this;
    const start = reader.position;
    // Fields may stand in any order: what both parts need is collected first.
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.tag(end);
      reader.skip(tag, end);
      if (this.leadsOn(depth, tag)) continue;
      this.copy(this.first, at, reader.position);
      if (depth > 0) this.copy(this.second, at, reader.position);
    }
    reader.position = start;
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.tag(end);
      if (!this.leadsOn(depth, tag)) reader.skip(tag, end);
      else if (this.full) {
        reader.skip(tag, end);
        this.copy(this.second, at, reader.position);
      } else this.enter(depth, tag, at, reader.lengthEnd(end));
    }
  }

  private enter(depth: number, tag: number, at: number, end: number): void {
    const { reader, first, second } = this;
    const body = reader.position;
    const leaf = this.isItem(depth);
    const count = leaf ? 1 : countBelow(this.signal, this.bytes, depth, body, end);
    const size = this.limit.sizer === 'items' ? this.items + count : first.position + (end - at) + LENGTHS;
    if (size <= this.limit.max) {
      this.items += count;
      this.copy(first, at, end);
      reader.position = end;
      return;
    }
    if (leaf) {
      // The first item goes even if it is too large: else nothing would ever be sent.
      if (this.items === 0 && this.takeOne) {
        this.items = 1;
        this.copy(first, at, end);
      } else this.copy(second, at, end);
      this.full = true;
      reader.position = end;
      return;
    }
    const items = this.items;
    const mark = [first.position, second.position] as const;
    const open = [first.begin(tag), second.begin(tag)] as const;
    this.level(depth + 1, end);
    this.full = true;
    if (this.items > items) first.end(open[0]);
    else first.position = mark[0];
    if (this.items - items < count) second.end(open[1]);
    else second.position = mark[1];
    reader.position = end;
  }

  /** Of metrics an item is a data point; everything else has items below the scope. */
  private isItem(depth: number): boolean {
    return depth === (this.signal === 'metrics' ? 4 : 2);
  }

  private leadsOn(depth: number, tag: number): boolean {
    if (depth === 0 || depth === 4) return tag === FIRST;
    if (depth < 3) return tag === SECOND;
    const number = tag >>> 3;
    return (tag & 7) === LENGTH && (number === 5 || number === 7 || (number >= 9 && number <= 11));
  }

  private copy(writer: ByteWriter, start: number, end: number): void {
    writer.reserve(end - start);
    writer.bytes(this.bytes.subarray(start, end));
  }
}

/** Items in the field at `depth` (see Cut.level) whose body this is. */
function countBelow(signal: Signal, bytes: Uint8Array, depth: number, start: number, end: number): number {
  const reader = new ByteReader(bytes);
  reader.position = start;
  const itemDepth = signal === 'metrics' ? 4 : 2;
  return countLevel(reader, signal, depth + 1, itemDepth, end);
}

function countLevel(reader: ByteReader, signal: Signal, depth: number, itemDepth: number, end: number): number {
  let total = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    const number = tag >>> 3;
    const leads =
      (tag & 7) === LENGTH &&
      (depth === 3 ? number === 5 || number === 7 || (number >= 9 && number <= 11) : number === (depth === 4 ? 1 : 2));
    if (!leads || depth === itemDepth) {
      if (leads) total++;
      reader.skip(tag, end);
    } else total += countLevel(reader, signal, depth + 1, itemDepth, reader.lengthEnd(end));
  }
  return total;
}
