/** RFC 7541 section 4.1: what an entry costs beside its strings. */
export const ENTRY_OVERHEAD = 32;
/** SETTINGS_HEADER_TABLE_SIZE before anybody says otherwise (RFC 9113 section 6.5.2). */
export const DEFAULT_TABLE_SIZE = 4096;
/**
 * Most that is remembered, whatever was agreed. Indices count from the newest entry, so what is forgotten early at the
 * other end shifts nothing: it is only not known.
 */
const MAX_TABLE_SIZE = 65_536;

/** A header field that somebody wants to know of. */
export interface HeaderName {
  readonly id: number;
}

/** Stands for a name that was not seen. */
export const UNKNOWN_NAME: HeaderName = { id: -1 };

/**
 * The dynamic table (RFC 7541 section 2.3.2) as an observer needs it: of fields that nobody wants only the sizes are
 * kept. A ring; index 0 is the newest entry.
 */
export class DynamicTable {
  /** undefined: a field of no interest. */
  #names: (HeaderName | undefined)[] = [];
  #values: string[] = [];
  #nameLengths = new Uint32Array(0);
  #valueLengths = new Uint32Array(0);
  #newest = 0;
  #count = 0;
  #size = 0;
  #maxSize = DEFAULT_TABLE_SIZE;
  /** There may be entries older than the oldest one here. */
  #older = false;
  /** The agreed size is not known, or larger than what is remembered. */
  #unbounded = false;

  get count(): number {
    return this.#count;
  }

  get size(): number {
    return this.#size;
  }

  /** An entry that is not here may all the same exist: it came before the session or with lost bytes. */
  get older(): boolean {
    return this.#older;
  }

  name(index: number): HeaderName | undefined {
    return this.#names[this.#slot(index)];
  }

  value(index: number): string {
    return this.#values[this.#slot(index)] ?? '';
  }

  nameLength(index: number): number {
    return this.#nameLengths[this.#slot(index)] ?? 0;
  }

  valueLength(index: number): number {
    return this.#valueLengths[this.#slot(index)] ?? 0;
  }

  add(name: HeaderName | undefined, value: string, nameLength: number, valueLength: number): void {
    const size = nameLength + valueLength + ENTRY_OVERHEAD;
    this.#evict(this.#maxSize - size);
    // An entry larger than the table empties it (section 4.4).
    if (size > this.#maxSize) return;
    if (this.#count === this.#names.length) this.#grow();
    this.#newest = (this.#newest + 1) & (this.#names.length - 1);
    this.#names[this.#newest] = name;
    this.#values[this.#newest] = value;
    this.#nameLengths[this.#newest] = nameLength;
    this.#valueLengths[this.#newest] = valueLength;
    this.#count++;
    this.#size += size;
  }

  /** Dynamic table size update (section 6.3). */
  resize(size: number): void {
    this.#unbounded = size > MAX_TABLE_SIZE;
    this.#maxSize = Math.min(size, MAX_TABLE_SIZE);
    this.#evict(this.#maxSize);
    if (size === 0) this.#older = false;
  }

  /** Header blocks were missed: what is here has moved, nobody knows how far. */
  lose(): void {
    while (this.#count > 0) this.#drop();
    this.#older = true;
    this.#unbounded = true;
    this.#maxSize = MAX_TABLE_SIZE;
  }

  #evict(room: number): void {
    if (this.#size <= room) return;
    while (this.#count > 0 && this.#size > room) this.#drop();
    // Older ones went first, unless it was only our own bound that was reached.
    this.#older = this.#unbounded;
  }

  #drop(): void {
    const slot = this.#slot(this.#count - 1);
    this.#size -= (this.#nameLengths[slot] ?? 0) + (this.#valueLengths[slot] ?? 0) + ENTRY_OVERHEAD;
    this.#values[slot] = '';
    this.#count--;
  }

  #slot(index: number): number {
    return (this.#newest - index) & (this.#names.length - 1);
  }

  #grow(): void {
    const from = this.#names.length;
    const to = Math.max(16, from * 2);
    const order = Array.from({ length: this.#count }, (_, at) => this.#slot(this.#count - 1 - at));
    const lengths = (before: Uint32Array): Uint32Array<ArrayBuffer> => {
      const after = new Uint32Array(to);
      order.forEach((slot, at) => {
        after[at] = before[slot] ?? 0;
      });
      return after;
    };
    const filler = to - this.#count;
    this.#names = [...order.map((slot) => this.#names[slot]), ...new Array<undefined>(filler).fill(undefined)];
    this.#values = [...order.map((slot) => this.#values[slot] ?? ''), ...new Array<string>(filler).fill('')];
    this.#nameLengths = lengths(this.#nameLengths);
    this.#valueLengths = lengths(this.#valueLengths);
    this.#newest = this.#count === 0 ? to - 1 : this.#count - 1;
  }
}
