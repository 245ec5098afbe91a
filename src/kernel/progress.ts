import * as layout from './layout.gen.ts';
import type { ProgressHandler } from './types.ts';

/** The output of the iterator iter_sockets: struct sonde_progress, one after the other. */
export function readProgress(output: Uint8Array, each: ProgressHandler): void {
  const words = new BigUint64Array(output.buffer, output.byteOffset, Math.floor(output.byteLength / 8));
  const number = (at: number, field: number): number => Number(words[(at + field) / 8] ?? 0n);
  for (let at = 0; at + layout.PROGRESS_SIZE <= output.byteLength; at += layout.PROGRESS_SIZE) {
    each(
      number(at, layout.PROGRESS_COOKIE),
      number(at, layout.PROGRESS_GENERATION),
      number(at, layout.PROGRESS_SENT),
      number(at, layout.PROGRESS_RECEIVED),
    );
  }
}
