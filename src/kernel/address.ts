/** Text of the 16-byte addresses in records: IPv4-mapped as dotted quad, IPv6 as RFC 5952 says. */

const GROUPS = 8;

/** True for ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
function isMapped(view: DataView, at: number): boolean {
  return view.getUint32(at) === 0 && view.getUint32(at + 4) === 0 && view.getUint32(at + 8) === 0xffff;
}

export function formatAddress(view: DataView, at: number): string {
  if (isMapped(view, at)) {
    return `${view.getUint8(at + 12)}.${view.getUint8(at + 13)}.${view.getUint8(at + 14)}.${view.getUint8(at + 15)}`;
  }
  const { start, length } = longestZeros(view, at);
  let text = '';
  for (let group = 0; group < GROUPS; group++) {
    if (group === start) {
      text += '::';
      group += length - 1;
      continue;
    }
    if (text !== '' && !text.endsWith(':')) {
      text += ':';
    }
    text += view.getUint16(at + 2 * group).toString(16);
  }
  return text;
}

/** RFC 5952, 4.2: the longest run of at least two zero groups, the first of equals. */
function longestZeros(view: DataView, at: number): { start: number; length: number } {
  let start = -1;
  let length = 1;
  for (let group = 0; group < GROUPS; group++) {
    let end = group;
    while (end < GROUPS && view.getUint16(at + 2 * end) === 0) {
      end++;
    }
    if (end - group > length) {
      start = group;
      length = end - group;
    }
    group = Math.max(group, end);
  }
  return { start, length };
}
