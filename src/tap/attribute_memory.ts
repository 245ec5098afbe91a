import { attributeBound, writeAttribute } from '../pdata/otlp/attributes.ts';
import type { ByteWriter } from '../pdata/otlp/writer.ts';
import type { AttributeKey, AttributeValue } from '../wire/attribute.ts';

type Attributes = readonly (AttributeKey | AttributeValue)[];

/** A power of two. */
const PLACES = 256;
/** Most pairs and bytes that one place remembers: 256 KiB of bytes in all. */
const MAX_PAIRS = 32;
const MAX_BYTES = 1024;
const NO_BYTES = Buffer.alloc(0);

/**
 * Attributes as they were written last for one connection. Spans of a connection mostly begin with the same attributes
 * (decoders put first what varies least), and copying these bytes is much cheaper than writing them again. What came
 * twice in a row is kept.
 */
export class AttributePlace {
  private readonly pairs: (AttributeKey | AttributeValue | undefined)[] = [];
  /** Flat length of the pairs whose bytes are kept. */
  private known = 0;
  /** Where the bytes of each pair end. */
  private readonly ends = new Uint16Array(MAX_PAIRS);
  private bytes = NO_BYTES;
  /** The part of `bytes` that is kept. */
  private kept = NO_BYTES;
  private same = 0;

  /** Compares `attributes` with the last ones. Returns a bound of the bytes that `write` writes. */
  prepare(attributes: Attributes): number {
    this.same = this.compare(attributes);
    if (this.known > this.same) this.shrink(this.same);
    let bound = this.kept.length;
    for (let i = this.known; i < attributes.length; i += 2) {
      bound += attributeBound((attributes[i] as AttributeKey).encoded, attributes[i + 1] as AttributeValue);
    }
    return bound;
  }

  /** Unchecked; directly after `prepare` with the same attributes. `tag`: always the same. */
  write(writer: ByteWriter, tag: number, attributes: Attributes): void {
    const start = writer.position;
    const { known, same } = this;
    writer.buffer.set(this.kept, start);
    writer.position = start + this.kept.length;
    for (let i = known; i < attributes.length; i += 2) {
      writeAttribute(writer, tag, (attributes[i] as AttributeKey).encoded, attributes[i + 1] as AttributeValue);
      if (i < same) this.learn(i, writer.position - start);
    }
    if (this.known > known) this.keep(writer, start);
    const { pairs } = this;
    const length = Math.min(attributes.length, MAX_PAIRS * 2);
    for (let i = same; i < length; i++) pairs[i] = attributes[i];
    if (pairs.length !== length) pairs.length = length;
  }

  private compare(attributes: Attributes): number {
    const { pairs } = this;
    const length = Math.min(attributes.length, pairs.length);
    let at = 0;
    while (at < length && pairs[at] === attributes[at]) {
      const value = attributes[at + 1];
      // A list may be the same object with other items.
      if (pairs[at + 1] !== value || typeof value === 'object') break;
      at += 2;
    }
    return at;
  }

  private learn(at: number, end: number): void {
    if (at !== this.known || end > MAX_BYTES) return;
    this.ends[at >> 1] = end;
    this.known = at + 2;
  }

  private keep(writer: ByteWriter, start: number): void {
    const end = this.ends[(this.known >> 1) - 1] as number;
    if (this.bytes === NO_BYTES) this.bytes = Buffer.allocUnsafeSlow(MAX_BYTES);
    this.kept = this.bytes.subarray(0, end);
    this.kept.set(writer.buffer.subarray(start, start + end));
  }

  private shrink(known: number): void {
    this.known = known;
    this.kept = this.bytes.subarray(0, known === 0 ? 0 : this.ends[(known >> 1) - 1]);
  }
}

/** A bounded number of places; connections that share one only gain less. */
export class AttributeMemory {
  private readonly places: (AttributePlace | undefined)[] = new Array<AttributePlace | undefined>(PLACES).fill(
    undefined,
  );

  /** `connection`: a number that tells connections apart. */
  of(connection: number): AttributePlace {
    const at = connection & (PLACES - 1);
    let place = this.places[at];
    if (place === undefined) this.places[at] = place = new AttributePlace();
    return place;
  }
}
