import { type Captured, links, PcapngBlocks, pcap } from '../support/packets.ts';
import { replayed } from '../support/replayed.ts';
import { MS, TcpScript } from '../support/tcp_script.ts';
import { bytesOf } from '../wire/driver.ts';
import { mutate, type Roll, random } from './mutate.ts';
import { targets } from './targets.ts';

const corpus = Object.values(targets).flatMap((target) => target.corpus);
const linkNames = Object.keys(links);
const pick = <Item>(roll: Roll, items: readonly Item[], otherwise: Item): Item =>
  items[roll(items.length)] ?? otherwise;

/** A connection of some decoder's cases, with holes, probes, resets and broken headers. */
function connection(roll: Roll, link: string): TcpScript {
  const six = roll(4) === 0;
  const script = new TcpScript({
    link,
    client: `${six ? '[fd00::1]' : '10.0.0.1'}:${40_000 + roll(3)}`,
    server: `${six ? '[fd00::2]' : '10.0.0.2'}:${80 + roll(2)}`,
    clientSeq: roll(2) === 0 ? 2 ** 32 - roll(2000) : roll(2 ** 32),
    serverSeq: roll(2 ** 32),
  });
  if (roll(4) > 0) script.open();
  for (const step of pick(roll, corpus, { name: '', steps: [], told: [] } as never).steps.slice(0, 12)) {
    const side = step[0].startsWith('client') ? 'client' : 'server';
    script.time += BigInt(roll(3) === 0 ? roll(20_000) : 0) * MS;
    if (step[0] === 'client ends' || step[0] === 'server ends') script.fin(side);
    else if (typeof step[1] === 'number') script.lose(side, ' '.repeat(Math.min(step[1], 70_000)));
    else script.send(side, bytesOf(step[1]), 1 + roll(2000));
    if (roll(10) === 0) script.reset(side);
    if (roll(10) === 0) script.acknowledge(side);
    if (roll(20) === 0) script.next[side] = roll(2 ** 32);
  }
  return roll(2) === 0 ? script.close() : script;
}

/** What networks and captures do to packets. */
function disturbed(packets: readonly Captured[], roll: Roll): Captured[] {
  const all = packets.flatMap((one) => {
    if (roll(20) === 0) return [];
    const frame = roll(20) === 0 ? Buffer.from(mutate(one.frame, roll)) : one.frame;
    const packet = { ...one, frame, ...(roll(20) === 0 ? { snap: roll(frame.length + 1) } : {}) };
    return roll(20) === 0 ? [packet, packet] : [packet];
  });
  for (let times = roll(6); times > 0 && all.length > 1; times--) {
    const [moved] = all.splice(roll(all.length), 1);
    if (moved !== undefined) all.splice(roll(all.length), 0, moved);
  }
  return all;
}

function file(packets: readonly Captured[], linkType: number, roll: Roll): Buffer {
  const bigEndian = roll(2) === 0;
  if (roll(2) === 0) return pcap(packets, { linkType, bigEndian, nanoseconds: roll(2) === 0 });
  const blocks = new PcapngBlocks(bigEndian);
  return Buffer.concat([
    blocks.section(),
    blocks.interface(linkType),
    ...packets.map((one) => (roll(9) === 0 ? blocks.simple(one) : blocks.enhanced(roll(30) === 0 ? 1 : 0, one))),
  ]);
}

/** One capture with everything that can be wrong in it. Throws when the replay does, or tells what it was not shown. */
export function fuzzCapture(seed: number): void {
  const roll = random(seed);
  const link = pick(roll, linkNames, 'ethernet');
  const scripts = Array.from({ length: 1 + roll(3) }, () => connection(roll, link));
  const packets = scripts.flatMap((script) => script.packets).sort((a, b) => Number(a.time - b.time));
  const whole = file(disturbed(packets, roll), links[link]?.type ?? 1, roll);
  const bytes = roll(3) === 0 ? Buffer.from(mutate(whole, roll)) : whole;
  const { spans, problem, replay } = replayed(bytes, {}, 1 + roll(roll(2) === 0 ? 10 : 5000));
  if (problem !== undefined && !['Damage', 'UnknownFormat'].includes(problem.name)) throw problem;
  if (replay.tap.failed > 0) throw replay.failure;
  if (spans.length > bytes.length) throw new Error(`${spans.length} spans of ${bytes.length} bytes`);
}
