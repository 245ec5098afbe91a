// unpack-kernel.mjs BZIMAGE OUTPUT: the ELF image inside a compressed x86 kernel (as the kernel's scripts/extract-vmlinux).
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [input, output] = process.argv.slice(2);
const image = readFileSync(input);
const formats = [
  { magic: Buffer.from('fd377a585a00', 'hex'), command: ['xz', '-dc', '--single-stream'] },
  { magic: Buffer.from('28b52ffd', 'hex'), command: ['zstd', '-qdc'] },
  { magic: Buffer.from('1f8b08', 'hex'), command: ['gzip', '-dc'] },
];

for (const { magic, command } of formats) {
  for (let at = image.indexOf(magic); at >= 0; at = image.indexOf(magic, at + 1)) {
    const [tool, ...options] = command;
    // What follows the compressed data is garbage to the tool: its status says nothing.
    const { stdout } = spawnSync(tool, options, { input: image.subarray(at), maxBuffer: 1 << 28 });
    if (stdout?.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'))) {
      writeFileSync(output, stdout);
      process.exit(0);
    }
  }
}
console.error(`no kernel found in ${input}`);
process.exit(1);
