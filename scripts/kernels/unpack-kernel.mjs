// unpack-kernel.mjs IMAGE OUTPUT: what is inside a compressed kernel, an ELF file on x86 (as the kernel's
// scripts/extract-vmlinux) or an arm64 Image; an Image that is not compressed is taken as it is.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [input, output] = process.argv.slice(2);
const image = readFileSync(input);
const formats = [
  { magic: Buffer.from('fd377a585a00', 'hex'), command: ['xz', '-dc', '--single-stream'] },
  { magic: Buffer.from('28b52ffd', 'hex'), command: ['zstd', '-qdc'] },
  { magic: Buffer.from('1f8b08', 'hex'), command: ['gzip', '-dc'] },
];

/** arm64: Documentation/arch/arm64/booting.rst, "Call the kernel image". */
function isKernel(bytes) {
  return bytes?.toString('latin1', 0, 4) === '\x7fELF' || bytes?.toString('latin1', 56, 60) === 'ARMd';
}

if (isKernel(image)) {
  writeFileSync(output, image);
  process.exit(0);
}
for (const { magic, command } of formats) {
  for (let at = image.indexOf(magic); at >= 0; at = image.indexOf(magic, at + 1)) {
    const [tool, ...options] = command;
    // What follows the compressed data is garbage to the tool: its status says nothing.
    const { stdout } = spawnSync(tool, options, { input: image.subarray(at), maxBuffer: 1 << 28 });
    if (isKernel(stdout)) {
      writeFileSync(output, stdout);
      process.exit(0);
    }
  }
}
console.error(`no kernel found in ${input}`);
process.exit(1);
