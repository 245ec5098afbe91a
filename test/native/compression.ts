/**
 * Hostile bytes for compression.node under the sanitizers (scripts/asan.sh): each format's own output, cut, changed and prolonged. What
 * comes back does not matter here, only that no byte is read or written that is not there. SONDE_COMPRESSION: path of the addon.
 */
import assert from 'node:assert';
import { createRequire } from 'node:module';
import type { nativeCompression } from '../../src/transport/native_compression.ts';

const ROUNDS = 3000;
const addon = createRequire(import.meta.url)(process.env['SONDE_COMPRESSION'] ?? '') as ReturnType<
  typeof nativeCompression
>;

/** Numbers that are the same at each run: https://en.wikipedia.org/wiki/Linear_congruential_generator */
let state = 1;
function below(limit: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return (state >>> 8) % limit;
}

function hostile(packed: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + below(packed.length + 20));
  bytes.set(packed.subarray(0, bytes.length));
  for (let changes = below(6); changes > 0; changes--) bytes[below(Math.min(bytes.length, 64))] = below(256);
  for (let changes = below(6); changes > 0; changes--) bytes[below(bytes.length)] = below(256);
  return bytes;
}

for (const name of ['zstd', 'lz4', 'snappy', 'x-snappy-framed'] as const) {
  let refused = 0;
  for (const size of [0, 1, 300, 100_000]) {
    const content = Uint8Array.from({ length: size }, (_, i) => (i % 3 === 0 ? below(256) : 97));
    const packed = addon.compress(name, content, 1, false);
    const inThread = await addon.compress(name, content, 1, true);
    assert.deepEqual(Buffer.from(addon.decompress(name, inThread, size) ?? []), Buffer.from(content));
    for (let round = 0; round < ROUNDS; round++) {
      try {
        addon.decompress(name, hostile(packed), below(2 * size + 10));
      } catch {
        refused++;
      }
    }
  }
  assert(refused > ROUNDS, `${name}: only ${refused} refused`);
}
