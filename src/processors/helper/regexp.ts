/** Go's (RE2's) syntax as JavaScript's: named groups, leading flags, anchors of the text. Throws SyntaxError. */
export function goRegExp(pattern: string): RegExp {
  let flags = 'u';
  const source = pattern
    .replace(/^\(\?([ims]+)\)/, (_, found: string) => {
      flags += found;
      return '';
    })
    .replaceAll('(?P<', '(?<')
    .replaceAll(/\\A/g, '^')
    .replaceAll(/\\z/g, '$')
    .replaceAll(/\[\[:(\w+):\]\]/g, (_, name: string) => POSIX[name] ?? '[]');
  try {
    return new RegExp(source, flags);
  } catch {
    // Go allows escapes such as \- and \_ that the strict mode refuses.
    return new RegExp(source, flags.replace('u', ''));
  }
}

const POSIX: Readonly<Record<string, string>> = {
  alpha: '[A-Za-z]',
  digit: '[0-9]',
  alnum: '[0-9A-Za-z]',
  space: '[\\t\\n\\v\\f\\r ]',
  upper: '[A-Z]',
  lower: '[a-z]',
  punct: '[!-\\/:-@[-`{-~]',
  word: '[0-9A-Za-z_]',
};
