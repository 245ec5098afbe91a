import { STATIC_TABLE } from '../../src/wire/hpack_static.ts';
import { integer, text } from './http2_bytes.ts';

const ENTRY_OVERHEAD = 32;

/** An encoder of RFC 7541 that uses the dynamic table wherever it can, and evicts. */
export class HpackEncoder {
  #entries: [name: string, value: string][] = [];
  #size = 4096;

  /** Section 6.3: the bytes of the next block begin with it. */
  resize(size: number): Uint8Array {
    this.#size = size;
    this.#evict();
    return Uint8Array.from(integer(size, 31, 0x20));
  }

  block(fields: Readonly<Record<string, string>>): Uint8Array {
    return Uint8Array.from(Object.entries(fields).flatMap(([name, value]) => this.#field(name, value)));
  }

  #field(name: string, value: string): number[] {
    const table = [...STATIC_TABLE, ...this.#entries];
    const whole = table.findIndex(([known, content]) => known === name && content === value);
    if (whole >= 0) return integer(whole + 1, 127, 0x80);
    const named = table.findIndex(([known]) => known === name);
    this.#entries.unshift([name, value]);
    this.#evict();
    return [...integer(named + 1, 63, 0x40), ...(named < 0 ? text(name) : []), ...text(value)];
  }

  #evict(): void {
    const used = (): number =>
      this.#entries.reduce((sum, [name, value]) => sum + name.length + value.length + ENTRY_OVERHEAD, 0);
    while (used() > this.#size) this.#entries.pop();
  }
}
