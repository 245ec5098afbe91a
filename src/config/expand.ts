import { type ConfigNode, type MapEntry, placeOf, type ScalarNode } from './node.ts';
import { failResolving } from './problem.ts';
import { retrieve, type SourceContext } from './sources.ts';

const MAX_EXPANSIONS = 1000;

/** Replaces `${…}` in every value, the innermost first, then `$$` by `$`. */
export function expand(node: ConfigNode, context: SourceContext): ConfigNode {
  switch (node.kind) {
    case 'list':
      return { ...node, items: node.items.map((item) => expand(item, context)) };
    case 'map': {
      const entries = new Map<string, MapEntry>();
      for (const [key, entry] of node.entries) entries.set(key, { at: entry.at, value: expand(entry.value, context) });
      return { ...node, entries };
    }
    default:
      return typeof node.value === 'string' && node.value.includes('$') ? expandScalar(node, context) : node;
  }
}

function expandScalar(node: ScalarNode, context: SourceContext): ConfigNode {
  let text = String(node.value);
  const unset = [...(node.unset ?? [])];
  for (let count = 0; ; count++) {
    if (count > MAX_EXPANSIONS) failResolving(node, 'too many recursive expansions');
    const found = findExpansion(text);
    if (found === undefined) break;
    const uri = found.slice(2, -1);
    const result = retrieve(uri, node, context);
    if (result.unset !== undefined) unset.push(result.unset);
    if (found === text) {
      const value = result.node;
      if (value.kind !== 'scalar') {
        const expanded = expand(value, nested(context, node));
        return expanded.kind === 'scalar' ? expanded : { ...expanded, text: result.text };
      }
      // The value may hold expansions of its own: they keep the rule "whole value, own type".
      if (typeof value.value === 'string' && findExpansion(value.value) !== undefined) {
        return expandScalar({ ...value, ...placeOf(node), ...without(unset) }, nested(context, node));
      }
      const unescaped = result.text.replaceAll('$$', '$');
      const typed = typeof value.value === 'string' ? value.value.replaceAll('$$', '$') : value.value;
      return { ...value, ...placeOf(node), value: typed, text: unescaped, expanded: true, ...without(unset) };
    }
    text = text.replaceAll(found, () => result.text);
  }
  const value = text.replaceAll('$$', '$');
  return { ...node, value, text: value, ...without(unset) };
}

function without(unset: readonly string[]): Pick<ScalarNode, 'unset'> {
  return unset.length === 0 ? {} : { unset };
}

/** A variable that names itself would never end. */
function nested(context: SourceContext, node: ScalarNode): SourceContext {
  if (context.depth > 100) failResolving(node, 'too many recursive expansions');
  return { ...context, depth: context.depth + 1 };
}

/** The innermost `${…}` that is not escaped: an odd run of `$` before `${` escapes it. */
function findExpansion(text: string): string | undefined {
  let from = 0;
  for (;;) {
    const close = text.indexOf('}', from);
    if (close < 0) return undefined;
    const open = text.lastIndexOf('${', close);
    if (open >= from) {
      let dollars = 0;
      while (open - 1 - dollars >= from && text[open - 1 - dollars] === '$') dollars++;
      if (dollars % 2 === 0) return text.slice(open, close + 1);
    }
    from = close + 1;
  }
}
