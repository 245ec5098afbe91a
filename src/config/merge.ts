import { type ConfigNode, isNull, type MapEntry } from './node.ts';

/** The later wins: maps are merged deeply, scalars and lists replaced; a null section deletes the earlier one. */
export function merge(earlier: ConfigNode, later: ConfigNode): ConfigNode {
  if (earlier.kind !== 'map' || later.kind !== 'map') return later;
  const entries = new Map<string, MapEntry>(earlier.entries);
  for (const [key, entry] of later.entries) {
    const before = entries.get(key);
    if (before === undefined || isNull(entry.value)) entries.set(key, entry);
    else entries.set(key, { at: entry.at, value: merge(before.value, entry.value) });
  }
  return { ...later, entries };
}
