import { closeSync, openSync, writeSync } from 'node:fs';

/** Files and streams that log lines go to. A line that cannot be written is told of to `errors`, once until one can. */
export class OwnOutputs {
  readonly write: (line: string) => void;
  readonly #files: number[] = [];

  constructor(paths: readonly string[], errors: readonly string[]) {
    const tell = writersOf(errors, this.#files);
    const writers = writersOf(paths, this.#files);
    let told = false;
    this.write = (line) => {
      try {
        for (const write of writers) write(line);
        told = false;
      } catch (error) {
        if (told) return;
        told = true;
        for (const write of tell) quietly(() => write(`${new Date().toISOString()} write error: ${String(error)}\n`));
      }
    };
  }

  close(): void {
    for (const file of this.#files.splice(0)) closeSync(file);
  }
}

function writersOf(paths: readonly string[], files: number[]): ((line: string) => void)[] {
  return paths.map((path) => {
    if (path === 'stderr') return (line) => process.stderr.write(line);
    if (path === 'stdout') return (line) => process.stdout.write(line);
    const file = openSync(path.replace(/^file:(\/\/)?/, ''), 'a');
    files.push(file);
    return (line) => writeSync(file, line);
  });
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // Nowhere is left to tell it.
  }
}
