/**
 * Plain YAML scalars as go-yaml v3 resolves them (https://github.com/go-yaml/yaml/blob/v3/resolve.go), so that the same
 * file means the same here and in the Collector: 0123 is octal, 1_000 is 1000, `yes` is a string. Timestamps stay strings.
 */
type ScalarValue = null | boolean | number | bigint | string;

const words = new Map<string, ScalarValue>([
  ['', null],
  ['~', null],
  ['null', null],
  ['Null', null],
  ['NULL', null],
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
  ['.nan', Number.NaN],
  ['.NaN', Number.NaN],
  ['.NAN', Number.NaN],
]);
for (const sign of ['', '+', '-'])
  for (const word of ['.inf', '.Inf', '.INF']) {
    words.set(sign + word, sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  }

const integers = [
  { pattern: /^([-+]?)0[xX]([0-9a-fA-F]+)$/, prefix: '0x' },
  { pattern: /^([-+]?)0[bB]([01]+)$/, prefix: '0b' },
  { pattern: /^([-+]?)0[oO]?([0-7]+)$/, prefix: '0o' },
  { pattern: /^([-+]?)(0|[1-9][0-9]*)$/, prefix: '' },
];
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const maxUint64 = 2n ** 64n - 1n;
const minInt64 = -(2n ** 63n);

export function resolveScalar(text: string): ScalarValue {
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  const digit = first >= 48 && first <= 57;
  if (!digit && first !== 43 && first !== 45 && first !== 46) return text;
  // Only after a digit or a sign: `.5_0` is a string to go-yaml too.
  const plain = first === 46 ? text : text.replaceAll('_', '');
  for (const { pattern, prefix } of integers) {
    const match = pattern.exec(plain);
    if (match === null) continue;
    const magnitude = BigInt(`${prefix}${match[2]}`);
    const value = match[1] === '-' ? -magnitude : magnitude;
    if (value > maxUint64 || value < minInt64) break;
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  return float.test(plain) ? Number(plain) : text;
}
