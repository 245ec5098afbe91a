import type { Replay } from './replay.ts';

/** What a replay saw, what it could not use, and why: for whoever looks for a span that is not there. */
export function summary(replay: Replay, format: string): string {
  const { counters, tap } = replay;
  const lines: [string, string][] = [
    ['capture', `${format}, ${count(counters.packets, 'packet')}, ${count(counters.bytes, 'byte')}${times(replay)}`],
    ['connections', connections(replay)],
    ['decoders', decoders(replay)],
    ['spans', `${tap.emitted}`],
    ['missing', `${count(tap.gaps, 'gap')} with ${count(tap.gapBytes, 'byte')}${cut(counters.cutPackets)}`],
    [
      'TCP',
      `${counters.outOfOrder} out of order; ${count(counters.repeatedBytes, 'byte')} came again (the first were taken); ${count(counters.undeliveredBytes, 'byte')} never arrived`,
    ],
    ['rejects', list([...tap.rejects].map(([name, times]) => `${name} ${times}`))],
    ['left out', list([...counters.skipped].map(([reason, times]) => `${count(times, 'packet')} ${reason}`))],
  ];
  if (tap.tooLarge > 0) lines.push(['too large', count(tap.tooLarge, 'span')]);
  if (tap.heldDroppedBytes > 0) lines.push(['given up', `${count(tap.heldDroppedBytes, 'byte')} that no decoder took`]);
  if (tap.failed > 0) lines.push(['failed', `${count(tap.failed, 'connection')}: ${trace(replay.failure)}`]);
  return lines.map(([title, text]) => `${`${title}:`.padEnd(13)}${text}\n`).join('');
}

function connections({ tap, counters, leftOpen }: Replay): string {
  const parts = [`${tap.connections}`];
  if (counters.joined > 0) parts.push(`${counters.joined} without their beginning`);
  if (leftOpen > 0) parts.push(`${leftOpen} open at the end`);
  if (tap.evicted > 0) parts.push(`${tap.evicted} forgotten because there were too many`);
  if (tap.aged > 0) parts.push(`${tap.aged} forgotten because they were idle`);
  return parts.join(', ');
}

/** Verdicts on what connections are; a withdrawn one was followed by another, or by too little to tell. */
function decoders({ tap, connections }: Replay): string {
  let told = 0;
  for (const [verdict, times] of tap.detections) told += verdict === 'withdrawn' ? -times : times;
  const verdicts = [...tap.detections].map(([verdict, times]) => `${verdict} ${times}`);
  if (told < tap.connections) verdicts.push(`too little to tell ${tap.connections - told}`);
  const whole = ['tls', 'unknown'].some((verdict) => tap.detections.has(verdict));
  return `${list(verdicts)}${whole && !connections ? ' (--connections tells of tls and unknown ones)' : ''}`;
}

function times({ counters: { first, last } }: Replay): string {
  if (first === undefined) return '';
  const seconds = last[0] - first[0] + (last[1] - first[1]) / 1e9;
  return `, ${seconds.toFixed(3)} s from ${new Date(first[0] * 1000 + first[1] / 1e6).toISOString()}`;
}

function cut(packets: number): string {
  return packets === 0 ? '' : `; ${count(packets, 'packet')} cut by the snap length`;
}

function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join('; ');
}

function trace(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
