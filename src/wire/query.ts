/** What of a query may leave. `scrub`: every value becomes REDACTED, keys stay. */
export type QueryPolicy = 'scrub' | 'keep' | 'drop';

export const REDACTED = 'REDACTED';

/**
 * Applies the policy to what stands after `?`. A part without `=` is a key when it looks like a name, else it may be
 * a bare secret (`?token`) or an id and is redacted whole.
 */
export function applyQueryPolicy(query: string, policy: QueryPolicy): string {
  if (query === '' || policy === 'keep') return query;
  if (policy === 'drop') return '';
  let scrubbed = '';
  let start = 0;
  while (start <= query.length) {
    let end = query.indexOf('&', start);
    if (end < 0) end = query.length;
    if (start > 0) scrubbed += '&';
    scrubbed += scrubPart(query.slice(start, end));
    start = end + 1;
  }
  return scrubbed;
}

const NAME = /^[A-Za-z_][A-Za-z_.-]{0,31}$/;

function scrubPart(part: string): string {
  const equals = part.indexOf('=');
  if (equals >= 0) return equals === part.length - 1 ? part : `${part.slice(0, equals)}=${REDACTED}`;
  return part === '' || NAME.test(part) ? part : REDACTED;
}
