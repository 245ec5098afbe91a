import { describe, expect, test } from '@jest/globals';
import { links, PcapngBlocks, pcap, type TcpSpec } from '../support/packets.ts';
import { replayed, told } from '../support/replayed.ts';
import { type Ends, START, TcpScript } from '../support/tcp_script.ts';

const GET = 'GET /users/42?token=abc HTTP/1.1\r\nHost: shop.example\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

const exchange = (options: Ends = {}): TcpScript =>
  new TcpScript(options).open().send('client', GET).send('server', OK).close();

const expected = {
  name: 'GET /users/{id}',
  kind: 'server',
  attributes: {
    'url.path': '/users/42',
    'url.query': 'token=REDACTED',
    'server.address': 'shop.example',
    'client.address': '10.0.0.1',
    'client.port': 40_000,
    'network.local.address': '10.0.0.2',
    'network.local.port': 80,
    'http.response.status_code': 200,
  },
  resource: { 'service.name': 'unknown_service', 'service.instance.id': '10.0.0.2:80' },
  // The request is the fourth packet, the response the fifth, a millisecond each.
  start: START + 3_000_000n,
  end: START + 4_000_000n,
};

describe.each(Object.entries(links))('%s', (link, { type }) => {
  test('IPv4', () => {
    const { spans, problem, replay } = replayed(pcap(exchange({ link }).packets, { linkType: type }));
    expect(problem).toBeUndefined();
    expect(spans).toMatchObject([expected]);
    expect([...replay.counters.skipped]).toEqual([]);
  });

  test('IPv6', () => {
    const { packets } = exchange({ link, client: '[fd00::1]:40000', server: '[fd00:1:2::2]:80' });
    const { spans } = replayed(pcap(packets, { linkType: type }));
    expect(spans).toMatchObject([
      {
        ...expected,
        attributes: { 'client.address': 'fd00::1', 'network.local.address': 'fd00:1:2::2' },
        resource: { 'service.instance.id': '[fd00:1:2::2]:80' },
      },
    ]);
  });

  test('every packet cut at every byte is no error', () => {
    for (let snap = 0; snap < 60; snap++) {
      const packets = exchange({ link }).packets.map((packet) => ({
        ...packet,
        snap: Math.min(snap, packet.frame.length),
      }));
      const { problem, replay } = replayed(pcap(packets, { linkType: type }));
      expect(problem).toBeUndefined();
      expect(replay.tap.failed).toBe(0);
      expect(replay.counters.cutPackets).toBeGreaterThan(0);
    }
  });
});

const six: Ends = { client: '[fd00::1]:40000', server: '[fd00::2]:80' };
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test.each<{ name: string; options?: Ends; changes: Partial<TcpSpec>; skipped?: string; spans?: number }>([
  { name: 'options of IPv4', changes: { between: hex('01010101 94040000') } },
  { name: 'options of TCP', changes: { options: hex('0101080a 00000001 00000002') } },
  {
    name: 'a length of 0, as of segments that the network card splits',
    changes: { change: (ip) => ip.writeUInt16BE(0, 2) },
  },
  { name: 'hop-by-hop options', options: six, changes: { firstHeader: 0, between: hex('06000502 00000000') } },
  {
    name: 'destination options, routing and an authentication header',
    options: six,
    changes: {
      firstHeader: 60,
      between: hex('2b000104 00000000  33000000 00000000  06040000 00000001 00000001 000000000000000000000000'),
    },
  },
  { name: 'an atomic fragment', options: six, changes: { firstHeader: 44, between: hex('06000000 12345678') } },
  {
    name: 'a jumbogram, whose length is 0',
    options: six,
    changes: { change: (ip) => ip.writeUInt16BE(0, 4) },
  },
  {
    name: 'fragments of IPv4',
    changes: { change: (ip) => ip.writeUInt16BE(0x2000, 6) },
    skipped: 'of IP fragments: their bytes are a gap',
    spans: 0,
  },
  {
    name: 'later fragments of IPv4',
    changes: { change: (ip) => ip.writeUInt16BE(0x0010, 6) },
    skipped: 'of IP fragments: their bytes are a gap',
    spans: 0,
  },
  {
    name: 'fragments of IPv6',
    options: six,
    changes: { firstHeader: 44, between: hex('06000001 12345678') },
    skipped: 'of IP fragments: their bytes are a gap',
    spans: 0,
  },
  { name: 'UDP', changes: { change: (ip) => ip.writeUInt8(17, 9) }, skipped: 'of UDP', spans: 0 },
  { name: 'ICMP', changes: { change: (ip) => ip.writeUInt8(1, 9) }, skipped: 'of ICMP', spans: 0 },
  {
    name: 'other protocols',
    changes: { change: (ip) => ip.writeUInt8(200, 9) },
    skipped: 'of IP protocol 200',
    spans: 0,
  },
  {
    name: 'a version that is neither',
    changes: { change: (ip) => ip.writeUInt8(0x55, 0) },
    skipped: 'with a broken IP header',
    spans: 0,
  },
  {
    name: 'a header longer than the packet',
    changes: { change: (ip) => ip.writeUInt16BE(19, 2) },
    skipped: 'with a broken IP header',
    spans: 0,
  },
  {
    name: 'a packet longer than its frame',
    changes: { change: (ip) => ip.writeUInt16BE(0xffff, 2) },
    skipped: 'with a broken IP header',
    spans: 0,
  },
  {
    name: 'a TCP header longer than its packet',
    changes: { change: (ip) => ip.writeUInt8(0xf0, 20 + 12) },
    skipped: 'with a broken TCP header',
    spans: 0,
  },
  {
    name: 'extension headers without end',
    options: six,
    changes: { firstHeader: 0, between: Buffer.alloc(17 * 8) },
    skipped: 'with a broken IP header',
    spans: 0,
  },
])('$name', ({ options = {}, changes, skipped, spans = 1 }) => {
  const script = new TcpScript(options).open();
  // Only the request is changed.
  script.raw(script.frame('client', { payload: GET.slice(0, 30), ...changes }));
  script.next.client += 30;
  script.send('client', GET.slice(30)).send('server', OK).close();
  const { spans: seen, replay } = replayed(pcap(script.packets));
  expect(seen.filter(({ name }) => name === 'GET /users/{id}')).toHaveLength(spans);
  expect([...replay.counters.skipped]).toEqual(skipped === undefined ? [] : [[skipped, 1]]);
  expect(replay.tap.gapBytes).toBe(spans === 1 ? 0 : 30);
});

test.each([
  { name: 'ARP', frame: hex('ffffffffffff 020000000001 0806 0001'), linkType: 1, skipped: 'that are not IP' },
  {
    name: 'a VLAN tag in a VLAN tag, five times',
    frame: hex(`${'00'.repeat(12)} ${'81000064'.repeat(5)} 0800`),
    linkType: 1,
    skipped: 'that are not IP',
  },
  { name: 'another family', frame: hex('07000000 45'), linkType: 0, skipped: 'that are not IP' },
  { name: '802.11', frame: hex('08000000'), linkType: 105, skipped: 'of link type 105, which is not known' },
])('$name is skipped', ({ frame, linkType, skipped }) => {
  const { replay, problem } = replayed(pcap([{ frame, time: START }], { linkType }));
  expect([...replay.counters.skipped]).toEqual([[skipped, 1]]);
  expect(problem).toBeUndefined();
});

test('one connection over two interfaces of different kinds, each packet seen at both', () => {
  const blocks = new PcapngBlocks();
  const ethernet = exchange().packets;
  const any = exchange({ link: 'sll2' }).packets;
  const file = Buffer.concat([
    blocks.section(),
    blocks.interface(1),
    blocks.interface(276),
    ...ethernet.flatMap((packet, i) => [
      blocks.enhanced(0, packet),
      ...any.slice(i, i + 1).map((one) => blocks.enhanced(1, one)),
    ]),
  ]);
  const { spans, replay } = replayed(file);
  expect(told(spans)).toEqual(told(replayed(pcap(ethernet)).spans));
  expect(replay.tap.connections).toBe(1);
  expect(replay.counters.repeatedBytes).toBe(GET.length + OK.length);
});
