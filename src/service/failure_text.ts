import { problemText } from '../config/problem.ts';
import type { Node } from './graph.ts';

/** The Collector's texts, with the place of the component in the configuration. */
export function creationFailed(node: Node, reason: string): string {
  const { kind, id, signal } = node;
  if (kind === 'extension') return text(node, `failed to build extensions: failed to create extension "${id}"`, reason);
  const type = signal === undefined ? '' : ` for data type "${signal}"`;
  return text(node, `failed to build pipelines: failed to create "${id}" ${kind}${type}`, reason);
}

export function startFailed(node: Node, reason: string): string {
  const { kind, id } = node;
  if (kind === 'extension') return text(node, `failed to start extensions: failed to start extension "${id}"`, reason);
  return text(node, `cannot start pipelines: failed to start "${id}" ${kind}`, reason);
}

function text({ kind, id, configured }: Node, doing: string, reason: string): string {
  return problemText({ at: configured.at, path: [`${kind}s`, id], message: `${doing}: ${reason}` });
}
