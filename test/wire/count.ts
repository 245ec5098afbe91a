import { writeFileSync } from 'node:fs';
import { CLIENT, SERVER } from '../../src/wire/decoder.ts';
import type { Driver, Told } from './driver.ts';
import { fixture, pathOf } from './recorded.ts';

export type Counts = Readonly<Record<string, number>>;

const RECORDED = 'wire/damage';
const recorded = fixture(RECORDED) as Record<string, Record<string, Counts>>;

/** What was told of a damage when it was last recorded; with SONDE_RECORD=1 that is now. */
export function recordedCounts(name: string, damage: string, counts: Counts): Counts | undefined {
  if (process.env['SONDE_RECORD'] === '1') {
    recorded[name] = { ...recorded[name], [damage]: counts };
    writeFileSync(pathOf(RECORDED), `${JSON.stringify(recorded, undefined, 2)}\n`);
  }
  return recorded[name]?.[damage];
}

/** Counts of a whole protocol, and of each reason of its rejects. */
export class Count {
  readonly counts: Record<string, number> = {};

  add(name: string, by = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + by;
  }

  operation(one: Told, whole: ReadonlySet<string>): void {
    const text = JSON.stringify(one);
    this.add(one['sonde.partial'] !== undefined ? 'partial' : whole.has(text) ? 'exact' : 'different');
    this.add('attributes', Object.values(one).filter((value) => value !== undefined).length);
    this.add('characters', text.length);
    this.add('ns', Number(one['end']) - Number(one['start']));
  }

  session({ session, rejects, pendingBytes }: Driver): void {
    for (const [reason, times] of Object.entries(rejects)) this.add(`rejects ${reason}`, times);
    this.add('opaque', session.opaque ? 1 : 0);
    for (const side of [CLIENT, SERVER] as const) this.add('lost', session.lost?.(side) === true ? 1 : 0);
    this.add('untaken bytes', pendingBytes);
    if (session.tls !== undefined) this.add('characters', JSON.stringify(session.tls).length);
  }
}
