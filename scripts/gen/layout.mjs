// bpf/events.h → src/kernel/layout.gen.ts: offsets, sizes and enum values as flat constants, from the BTF of
// build/bpf/layout.bpf.o. With --check: exits 1 if the file in the tree differs from what would be written.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const objectPath = `${root}build/bpf/layout.bpf.o`;
const outputPath = `${root}src/kernel/layout.gen.ts`;
// Debian installs it outside an ordinary user's PATH.
const bpftool = existsSync('/usr/sbin/bpftool') ? '/usr/sbin/bpftool' : 'bpftool';

const dump = execFileSync(bpftool, ['-j', 'btf', 'dump', 'file', objectPath, 'format', 'raw'], {
  maxBuffer: 64 << 20,
});
const types = new Map(JSON.parse(dump.toString()).types.map((type) => [type.id, type]));
// By name: the order in the object depends on the compiler.
const ours = [...types.values()]
  .filter((type) => type.name.startsWith('sonde_'))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

const constants = new Map();
function define(name, value) {
  if (constants.has(name)) throw new Error(`${name} is defined twice: rename a field or an enum value in bpf/events.h`);
  constants.set(name, value);
}

const lines = [];
function section(title, entries) {
  lines.push('', `// ${title}`);
  for (const [name, value] of entries) {
    define(name, value);
    lines.push(`export const ${name} = ${value};`);
  }
}

function upper(name) {
  return name.replace(/^(sonde|SONDE)_/, '').toUpperCase();
}

for (const type of ours.filter((each) => each.kind === 'STRUCT')) {
  const prefix = upper(type.name);
  const entries = [[`${prefix}_SIZE`, type.size]];
  for (const member of type.members) {
    if (member.bits_offset % 8 !== 0) throw new Error(`${type.name}.${member.name}: bit fields do not cross`);
    if (/^padding\d*$/.test(member.name)) continue;
    const name = `${prefix}_${member.name.toUpperCase()}`;
    entries.push([name, member.bits_offset / 8]);
    const memberType = types.get(member.type_id);
    if (memberType.kind === 'ARRAY') entries.push([`${name}_ELEMENTS`, memberType.nr_elems]);
  }
  section(`struct ${type.name}`, entries);
}

// Values that share no word of their own (SONDE_CONN, SONDE_DATA) get the first word of the enum's name.
for (const type of ours.filter((each) => each.kind === 'ENUM')) {
  const names = type.values.map((value) => upper(value.name));
  const words = new Set(names.map((name) => name.split('_')[0]));
  const prefix = words.size === 1 ? '' : `${upper(type.name).split('_')[0]}_`;
  section(
    `enum ${type.name}`,
    type.values.map((value, index) => [prefix + names[index], value.val]),
  );
}

if (!constants.has('DATA_SIZE')) throw new Error(`${objectPath} has no struct sonde_data: build bpf/ first`);
const text = `// Generated from bpf/events.h by scripts/gen/layout.mjs: do not edit.\n// A struct's field is its offset in bytes.${'\n'}${lines.join('\n')}\n`;

if (process.argv.includes('--check')) {
  if (!existsSync(outputPath) || readFileSync(outputPath, 'utf8') !== text) {
    console.error('src/kernel/layout.gen.ts does not match bpf/events.h: run node scripts/gen/layout.mjs');
    process.exit(1);
  }
} else {
  writeFileSync(outputPath, text);
}
