import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, type Netns } from './netns.ts';
import { until } from './until.ts';

/** tcpdump on the loopback of a network namespace. */
export class Tcpdump {
  readonly file: string;
  private readonly directory: string;
  private readonly stopped: () => Promise<string>;

  private constructor(directory: string, file: string, stopped: () => Promise<string>) {
    this.directory = directory;
    this.file = file;
    this.stopped = stopped;
  }

  static async start(netns: Netns, ...options: readonly string[]): Promise<Tcpdump> {
    const directory = mkdtempSync(join(tmpdir(), 'sonde-capture-'));
    const file = join(directory, 'capture.pcap');
    const child = netns.spawn('tcpdump', ['-i', 'lo', '-Z', 'root', '-B', '32768', '-w', file, ...options, 'tcp']);
    const output = collect(child);
    const ended = once(child, 'close');
    await until(() => output.stderr().includes('listening on'), 'tcpdump to listen');
    return new Tcpdump(directory, file, async () => {
      child.kill('SIGTERM');
      await ended;
      return output.stderr();
    });
  }

  /** Writes what is left; throws if the kernel dropped packets. */
  async stop(): Promise<void> {
    // The kernel hands packets over in blocks, after a second at most.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const told = await this.stopped();
    if (!told.includes('\n0 packets dropped by kernel')) throw new Error(`the capture is not complete: ${told}`);
  }

  clean(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
