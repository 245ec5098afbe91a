import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const TYPE_A = 1;
/** Of the header (RFC 1035, 4.1.1), and of type and class after a name. */
const HEADER_BYTES = 12;
const RESPONSE = 0x8180;

export interface DnsServer {
  readonly port: number;
  readonly queries: () => number;
  close(): void;
}

/** A name server that gives every name these IPv4 addresses, in this order, and no others. */
export async function dnsServer(addresses: readonly string[]): Promise<DnsServer> {
  const socket = createSocket('udp4');
  let queries = 0;
  socket.on('message', (query, from) => {
    queries++;
    const nameEnd = query.indexOf(0, HEADER_BYTES) + 1;
    const question = query.subarray(HEADER_BYTES, nameEnd + 4);
    const found = query.readUInt16BE(nameEnd) === TYPE_A ? addresses : [];
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt16BE(query.readUInt16BE(0), 0);
    header.writeUInt16BE(RESPONSE, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(found.length, 6);
    // The name by a pointer to the question's, type A, class IN, 60 s, four bytes.
    const answers = found.map((address) =>
      Buffer.from([0xc0, HEADER_BYTES, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]),
    );
    socket.send(Buffer.concat([header, question, ...answers]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, queries: () => queries, close: () => socket.close() };
}
