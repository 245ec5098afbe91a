import { type Captured, links, type TcpSpec, tcp } from './packets.ts';

export interface Ends {
  readonly client?: string;
  readonly server?: string;
  readonly clientSeq?: number;
  readonly serverSeq?: number;
  readonly start?: bigint;
  readonly link?: string;
}

type Side = 'client' | 'server';

/** 2026-11-21T12:00:00Z */
export const START = 1_795_262_400_000_000_000n;
export const MS = 1_000_000n;

/** The packets of one TCP connection, in order, each acknowledging what the other end has sent; a millisecond apart. */
export class TcpScript {
  readonly packets: Captured[] = [];
  readonly next: Record<Side, number>;
  time: bigint;
  private readonly ends: Record<Side, string>;
  private readonly link: string;

  constructor(options: Ends = {}) {
    const { client = '10.0.0.1:40000', server = '10.0.0.2:80', clientSeq = 1000, serverSeq = 5000 } = options;
    this.ends = { client, server };
    this.next = { client: clientSeq, server: serverSeq };
    this.time = options.start ?? START;
    this.link = options.link ?? 'ethernet';
  }

  /** The frame of a segment, without sending it. */
  frame(side: Side, changes: Partial<TcpSpec> = {}): Buffer {
    const from = this.ends[side];
    const to = this.ends[other(side)];
    const packet = tcp({ from, to, seq: this.next[side], ack: this.next[other(side)], ...changes });
    return links[this.link]?.frame(packet) ?? packet;
  }

  raw(frame: Buffer, snap?: number): this {
    this.packets.push({ frame, time: this.time, ...(snap === undefined ? {} : { snap }) });
    this.time += MS;
    return this;
  }

  open(): this {
    const { client, server } = this.ends;
    const syn = tcp({ from: client, to: server, seq: this.next.client, flags: 'S' });
    this.raw(links[this.link]?.frame(syn) ?? syn);
    this.advance('client', 1);
    this.raw(this.frame('server', { flags: 'S' }));
    this.advance('server', 1);
    return this.raw(this.frame('client'));
  }

  /** In segments of at most `size` bytes; only the last one pushes. */
  send(side: Side, payload: string | Uint8Array, size = 1460): this {
    const bytes = Buffer.from(payload);
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, at + size);
      this.raw(this.frame(side, { payload: piece, flags: at + size >= bytes.length ? 'P' : '' }));
      this.advance(side, piece.length);
    }
    return this;
  }

  /** The bytes are sent, and nobody captures them. */
  lose(side: Side, payload: string): this {
    this.advance(side, Buffer.byteLength(payload));
    this.time += MS;
    return this;
  }

  acknowledge(side: Side): this {
    return this.raw(this.frame(side));
  }

  fin(side: Side): this {
    this.raw(this.frame(side, { flags: 'F' }));
    this.advance(side, 1);
    return this;
  }

  reset(side: Side): this {
    return this.raw(this.frame(side, { flags: 'R' }));
  }

  close(): this {
    return this.fin('client').fin('server').acknowledge('client');
  }

  private advance(side: Side, length: number): void {
    this.next[side] = (this.next[side] + length) >>> 0;
  }
}

function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}
