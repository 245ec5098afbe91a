import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * One process at a time in a directory. The lock is an abstract Unix socket named after the directory's inode: the kernel releases it
 * when the process ends, however it ends, and nothing is left on the disk. Processes in another network namespace are not seen.
 */
export class DirectoryLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `timeoutMs`: 0 waits for ever. */
  static async take(directory: string, timeoutMs: number): Promise<DirectoryLock> {
    const { dev, ino } = statSync(directory);
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const server = await listen(`\0sonde-file-storage-${dev}-${ino}`);
      if (server !== undefined) return new DirectoryLock(server);
      if (timeoutMs > 0 && performance.now() > deadline) {
        throw new Error(`timeout: another process uses ${directory}; end it or choose another directory`);
      }
      await sleep(POLL_MS);
    }
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

async function listen(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });
}
