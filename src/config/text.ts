/** The text of a file: UTF-8, or UTF-16 with a byte order mark, as go-yaml reads them. Undefined: it is neither. */
export function decodeText(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Something to compare: of a file that is no text its bytes, one for one. */
export function comparable(bytes: Uint8Array): string {
  return decodeText(bytes) ?? Buffer.from(bytes).toString('latin1');
}

/** Where the first byte stands that is not UTF-8. */
export function notUtf8(bytes: Uint8Array): { readonly line: number; readonly column: number } {
  const replaced = Buffer.from(Buffer.from(bytes).toString('utf8'));
  let at = 0;
  while (at < bytes.length && bytes[at] === replaced[at]) at++;
  const before = Buffer.from(bytes.subarray(0, at)).toString('utf8').split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
