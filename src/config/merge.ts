import { type ConfigNode, isNull, type ListNode, type MapEntry } from './node.ts';

/** The later wins: maps are merged deeply, scalars and lists replaced; a null section deletes the earlier one. */
export function merge(earlier: ConfigNode, later: ConfigNode, append = false, path = ''): ConfigNode {
  if (append && earlier.kind === 'list' && later.kind === 'list' && appended.test(path)) return join(earlier, later);
  if (earlier.kind !== 'map' || later.kind !== 'map') return later;
  const entries = new Map<string, MapEntry>(earlier.entries);
  for (const [key, entry] of later.entries) {
    const before = entries.get(key);
    if (before === undefined || isNull(entry.value)) entries.set(key, entry);
    else entries.set(key, { at: entry.at, value: merge(before.value, entry.value, append, `${path}::${key}`) });
  }
  return { ...later, entries };
}

/** Lists that the gate confmap.enableMergeAppendOption joins. */
const appended = /^::service::(extensions|(.+::)?(receivers|exporters))$/;

function join(earlier: ListNode, later: ListNode): ListNode {
  const text = (node: ConfigNode): string | undefined => (node.kind === 'scalar' ? node.text : undefined);
  const known = new Set(earlier.items.map(text));
  return { ...later, items: [...earlier.items, ...later.items.filter((item) => !known.has(text(item)))] };
}
