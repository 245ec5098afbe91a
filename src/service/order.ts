import type { Signal } from '../pdata/pdata.ts';

export interface GraphNode {
  readonly key: string;
  /** For messages. */
  readonly label: string;
  /** Keys of the nodes that get its data, by signal. */
  readonly next: Map<Signal, Set<string>>;
}

/** Every node after all that it gives data to; or a cycle, its first node repeated at the end. */
export function reverseTopologicalOrder<N extends GraphNode>(
  nodes: readonly N[],
): { readonly nodes: N[] } | { readonly cycle: N[] } {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const done = new Set<N>();
  const path: N[] = [];
  const visit = (node: N): N[] | undefined => {
    if (done.has(node)) return undefined;
    const start = path.indexOf(node);
    if (start >= 0) return [...path.slice(start), node];
    path.push(node);
    for (const keys of node.next.values()) {
      for (const key of keys) {
        const target = byKey.get(key);
        const cycle = target === undefined ? undefined : visit(target);
        if (cycle !== undefined) return cycle;
      }
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of nodes) {
    const cycle = visit(node);
    if (cycle !== undefined) return { cycle };
  }
  return { nodes: [...done] };
}
