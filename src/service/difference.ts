import type { Node } from './graph.ts';
import { fingerprintOf, type Instance, overlaps } from './instance.ts';

/** What a reload has to do. All lists are in the order to start; stop in the other. */
interface Difference {
  /** Stop before anything new starts: what cannot run twice, and what uses an extension that changes. */
  readonly stopFirst: readonly Instance[];
  /** Stop after the new ones run. */
  readonly stopLast: readonly Instance[];
  /** Extensions to stop, after everything of `stopFirst`. */
  readonly stopExtensions: readonly Instance[];
  /** To be made, added and changed. */
  readonly make: readonly Node[];
}

export function difference(running: readonly Instance[], wanted: readonly Node[]): Difference {
  const byKey = new Map(wanted.map((node) => [node.key, node]));
  const runningKeys = new Map(running.map((instance) => [instance.node.key, instance]));
  const differs = ({ node, fingerprint }: Instance): boolean => {
    const next = byKey.get(node.key);
    return next === undefined || fingerprintOf(next) !== fingerprint;
  };
  const changedExtensions = new Set<string>();
  for (const { kind, key, id } of wanted) if (kind === 'extension' && !runningKeys.has(key)) changedExtensions.add(id);
  // In their order: an extension that uses a changed one changes too.
  const stopExtensions = running.filter((instance) => {
    const { node, uses } = instance;
    if (node.kind !== 'extension') return false;
    const changed = differs(instance) || [...uses].some((id) => changedExtensions.has(id));
    if (changed) changedExtensions.add(node.id);
    return changed;
  });
  const stopFirst: Instance[] = [];
  const stopLast: Instance[] = [];
  for (const instance of running) {
    const { node, uses } = instance;
    if (node.kind === 'extension') continue;
    const touched = [...uses].some((id) => changedExtensions.has(id));
    if (!touched && !differs(instance)) continue;
    const removed = !byKey.has(node.key);
    // What uses an extension may share its storage with the new instance.
    const together =
      !touched && (removed ? node.kind !== 'receiver' || overlaps(node) : uses.size === 0 && overlaps(node));
    (together ? stopLast : stopFirst).push(instance);
  }
  const stopped = new Set([...stopFirst, ...stopLast, ...stopExtensions].map(({ node }) => node.key));
  const make = wanted.filter(({ key }) => !runningKeys.has(key) || stopped.has(key));
  return { stopFirst, stopLast, stopExtensions, make };
}
