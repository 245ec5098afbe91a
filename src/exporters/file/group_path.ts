import { posix } from 'node:path';

/** `/a/x*y.json` has the prefix `/a/x` and the suffix `y.json`. */
export interface PathPattern {
  readonly prefix: string;
  readonly suffix: string;
}

/** As the Collector's cleanPathPrefix: a slash at the end stays. */
export function parsePattern(path: string): PathPattern {
  const [before = '', suffix = ''] = path.split('*');
  return { prefix: posix.normalize(before), suffix };
}

/** The path for a value of the attribute, which may not lead out of the prefix. Rules of grouping_file_exporter.go. */
export function pathOf({ prefix, suffix }: PathPattern, value: string): string {
  const segment = value.startsWith('./') ? value.slice(1) : value.startsWith('../') ? value.slice(2) : value;
  const full = clean(prefix + segment + suffix);
  return full.startsWith(prefix) ? full : clean(prefix + posix.join('/', segment + suffix));
}

/** Go's path.Clean: as normalize, without a slash at the end. */
function clean(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
