import { type Location, locationText } from './node.ts';
import { hideUserInfo } from './redact.ts';

export interface Problem {
  readonly at: Location | undefined;
  /** Key path; shown as `a::b::c`. */
  readonly path: readonly string[];
  readonly message: string;
  /** What to write instead. */
  readonly remedy?: string | undefined;
}

export function problemText(problem: Problem): string {
  const parts: string[] = [];
  if (problem.at !== undefined) parts.push(locationText(problem.at));
  if (problem.path.length > 0) parts.push(problem.path.join('::'));
  parts.push(problem.remedy === undefined ? problem.message : `${problem.message} (${problem.remedy})`);
  return hideUserInfo(parts.join(': '));
}

/** Everything that is wrong with a configuration, at once. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(prefix: string, problems: readonly Problem[]) {
    super(problems.map((problem) => problemText({ ...problem, message: prefix + problem.message })).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** A source that cannot be read, and an expansion that cannot be made. */
export function failResolving(at: Location, message: string, remedy?: string): never {
  throw new ConfigError('cannot resolve the configuration: ', [{ at, path: [], message, remedy }]);
}

/** Collects problems while decoding goes on. */
export class Problems {
  readonly all: Problem[] = [];
  /** What is accepted and has no effect. */
  readonly warnings: Problem[] = [];

  add(at: Location | undefined, path: readonly string[], message: string, remedy?: string): void {
    this.all.push({ at, path, message, remedy });
  }

  /** What is wrong since the problem number `from` may be so because of variables that are not set. */
  explain(from: number, unset: readonly string[]): void {
    if (unset.length === 0) return;
    const remedy = `not set in the environment: ${unset.join(', ')}`;
    for (const problem of this.all.splice(from)) this.all.push({ ...problem, remedy: problem.remedy ?? remedy });
  }
}

/** The candidate nearest to a mistyped word, if it is near. */
export function nearest(
  word: string,
  candidates: Iterable<string>,
  max = Math.max(2, Math.floor(word.length / 3)),
): string | undefined {
  let best: string | undefined;
  let bestDistance = max + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
