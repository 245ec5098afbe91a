import { isNull, type ListNode, type MapEntry, type MapNode, placeOf, typeName } from './node.ts';
import type { Problems } from './problem.ts';

/** The map-style list of the Collector's configopaque, `[{name: a, value: b}]`, as the map `{a: b}`. */
export function mapOfPairs(list: ListNode, path: readonly string[], problems: Problems): MapNode {
  const entries = new Map<string, MapEntry>();
  const repeated = new Set<string>();
  for (const [i, item] of list.items.entries()) {
    const here = [...path, String(i)];
    if (item.kind !== 'map') {
      problems.add(item, here, `expected a map or struct, got "${typeName(item)}"`, 'write {name: …, value: …}');
      continue;
    }
    for (const [key, { at }] of item.entries) {
      if (key !== 'name' && key !== 'value') {
        problems.add(at, here, `has invalid keys: ${key}`, 'known keys: name, value');
      }
    }
    const name = item.entries.get('name')?.value;
    const text = name?.kind === 'scalar' && !isNull(name) ? name.text : '';
    if (entries.has(text)) repeated.add(text);
    const value = item.entries.get('value')?.value;
    const none = { kind: 'scalar', value: '', text: '', expanded: false, ...placeOf(item) } as const;
    entries.set(text, { at: item, value: value === undefined || isNull(value) ? none : value });
  }
  if (repeated.size > 0) {
    problems.add(list, path, `duplicate keys in map-style list: [${[...repeated].sort().join(' ')}]`);
  }
  return { kind: 'map', entries, ...placeOf(list) };
}
