import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, type Netns } from './netns.ts';
import { until } from './until.ts';

/** A datagram to nobody (the port for what is thrown away) that ends the capture; `sonde replay` looks at TCP only. */
const END = 'the end of the capture';
const DISCARD = 9;

/** tcpdump on the loopback of a network namespace. */
export class Tcpdump {
  readonly file: string;
  private readonly netns: Netns;
  private readonly directory: string;
  private readonly stopped: () => Promise<string>;

  private constructor(netns: Netns, directory: string, file: string, stopped: () => Promise<string>) {
    this.netns = netns;
    this.directory = directory;
    this.file = file;
    this.stopped = stopped;
  }

  static async start(netns: Netns, ...options: readonly string[]): Promise<Tcpdump> {
    const directory = mkdtempSync(join(tmpdir(), 'sonde-capture-'));
    const file = join(directory, 'capture.pcap');
    const written = ['-U', '-w', file, ...options, `tcp or udp port ${DISCARD}`];
    const child = netns.spawn('tcpdump', ['-i', 'lo', '-Z', 'root', '-B', '32768', ...written]);
    const output = collect(child);
    const ended = once(child, 'close');
    await until(() => output.stderr().includes('listening on'), 'tcpdump to listen');
    return new Tcpdump(netns, directory, file, async () => {
      child.kill('SIGTERM');
      await ended;
      return output.stderr();
    });
  }

  /** Waits until the last packet is written; throws if the kernel dropped packets. */
  async stop(): Promise<void> {
    const send = `import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'${END}', ('127.0.0.1', ${DISCARD}))`;
    await this.netns.run('/usr/bin/python3', ['-c', send]);
    await until(() => readFileSync(this.file).includes(END), 'the end of the capture');
    const told = await this.stopped();
    if (!told.includes('\n0 packets dropped by kernel')) throw new Error(`the capture is not complete: ${told}`);
  }

  clean(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
