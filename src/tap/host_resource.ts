import { readFileSync } from 'node:fs';
import { arch, hostname, uptime } from 'node:os';
import type { AttributeValue } from '../wire/attribute.ts';
import {
  ATTR_HOST_ARCH,
  ATTR_HOST_ID,
  ATTR_HOST_NAME,
  ATTR_OS_DESCRIPTION,
  ATTR_OS_NAME,
  ATTR_OS_TYPE,
  ATTR_OS_VERSION,
} from './semconv.ts';

/** What every observed process has in common; read once. */
export interface Host {
  /** host.* and os.type: true of every process on this kernel. */
  readonly host: Readonly<Record<string, AttributeValue>>;
  /** os.name, os.version, os.description: only of processes that see the same file system as Sonde. */
  readonly distribution: Readonly<Record<string, AttributeValue>>;
  /** User id → name, from /etc/passwd; of the same processes. */
  readonly users: ReadonlyMap<number, string>;
  /** /proc/sys/kernel/random/boot_id, '' if not readable. */
  readonly bootId: string;
  /** Wall clock at boot, ms. */
  readonly bootTime: number;
}

/** https://opentelemetry.io/docs/specs/semconv/resource/host/ */
const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm32',
  ia32: 'x86',
  ppc64: 'ppc64',
  s390x: 's390x',
};

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** os-release(5): shell assignments, the value perhaps in quotes. */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z][A-Z0-9_]*)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim());
    if (match?.[1] === undefined) continue;
    fields.set(match[1], (match[2] ?? match[3] ?? match[4] ?? '').replaceAll(/\\(["$`\\])/g, '$1'));
  }
  return fields;
}

/** passwd(5). */
export function parseUsers(text: string): ReadonlyMap<number, string> {
  const users = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':', 3);
    if (name && id && /^\d+$/.test(id) && !users.has(Number(id))) users.set(Number(id), name);
  }
  return users;
}

/** `root`: directory that stands for '/' (tests). */
export function readHost(root = ''): Host {
  const host: Record<string, AttributeValue> = {};
  const name = hostname();
  if (name !== '') host[ATTR_HOST_NAME] = name;
  const id = (read(`${root}/etc/machine-id`) || read(`${root}/var/lib/dbus/machine-id`)).trim();
  if (/^[0-9a-f]{32}$/.test(id)) host[ATTR_HOST_ID] = id;
  const architecture = architectures[arch()];
  if (architecture !== undefined) host[ATTR_HOST_ARCH] = architecture;
  host[ATTR_OS_TYPE] = 'linux';

  const release = parseOsRelease(read(`${root}/etc/os-release`) || read(`${root}/usr/lib/os-release`));
  const distribution: Record<string, AttributeValue> = {};
  for (const [key, field] of [
    [ATTR_OS_NAME, 'NAME'],
    [ATTR_OS_VERSION, 'VERSION_ID'],
    [ATTR_OS_DESCRIPTION, 'PRETTY_NAME'],
  ] as const) {
    const value = release.get(field);
    if (value) distribution[key] = value;
  }
  return {
    host,
    distribution,
    users: parseUsers(read(`${root}/etc/passwd`)),
    bootId: read(`${root}/proc/sys/kernel/random/boot_id`).trim(),
    bootTime: Date.now() - uptime() * 1000,
  };
}
