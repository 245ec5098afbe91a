import { createHash } from 'node:crypto';
import type { AttributeValue } from '../wire/attribute.ts';
import { parseMounts } from './container_id.ts';
import type { Host } from './host_resource.ts';
import { parseResourceAttributes } from './otel_environment.ts';
import type { ProcessEntry } from './process_entry.ts';
import { type ProcReader, TICK_NS } from './process_info.ts';
import { interpretedProgram, programName, runtimeName } from './program_name.ts';
import * as semconv from './semconv.ts';
import type { ServiceInstance } from './types.ts';

export type ResourceAttributes = Readonly<Record<string, AttributeValue>>;

/** How instances are described: the same for all of them. */
export interface Describer {
  readonly host: Host;
  readonly reader: ProcReader;
  /** Of Sonde: telemetry.distro.version. */
  readonly version: string;
  readonly encode: (attributes: ResourceAttributes) => Uint8Array;
}

/** The first process of an instance as it was then; later it may execute another program. */
export interface Top
  extends Readonly<
    Pick<
      ProcessEntry,
      'pid' | 'tgid' | 'startTime' | 'cgroupId' | 'comm' | 'image' | 'parentPid' | 'executable' | 'executableName'
    >
  > {}

function copyTop(entry: Top): Top {
  const { pid, tgid, startTime, cgroupId, comm, image, parentPid, executable, executableName } = entry;
  return { pid, tgid, startTime, cgroupId, comm, image, parentPid, executable, executableName };
}

/**
 * Processes of one service: a first process and those of its descendants that run the same program in the same cgroup.
 * The description is made at the first use, since most processes never own a connection, and then stays.
 */
export class Instance implements ServiceInstance {
  readonly id: number;
  /** Of the first process, as seen in Sonde's PID namespace; 0 = not visible. */
  readonly pid: number;
  /** Processes that keep it alive. */
  members = 0;
  /** Its last process is gone. */
  ended = false;
  #description: { readonly resource: Uint8Array; readonly serviceName: string } | undefined;
  readonly #top: Top;
  readonly #describer: Describer;

  constructor(id: number, top: Top, describer: Describer) {
    this.id = id;
    this.pid = top.pid;
    this.#top = copyTop(top);
    this.#describer = describer;
  }

  /** Somebody outside knows of it, so its end must be told. */
  get used(): boolean {
    return this.#description !== undefined;
  }

  /** `member`: of this instance, for what only a living process tells. */
  use(member: Top): void {
    this.#description ??= this.#describe(member);
  }

  get resource(): Uint8Array {
    this.use(this.#top);
    return this.#description?.resource ?? new Uint8Array(0);
  }

  get serviceName(): string {
    this.use(this.#top);
    return this.#description?.serviceName ?? '';
  }

  #describe(member: Top): { resource: Uint8Array; serviceName: string } {
    const attributes = describeInstance(this.#top, member, this.#describer);
    return { resource: this.#describer.encode(attributes), serviceName: String(attributes[semconv.ATTR_SERVICE_NAME]) };
  }
}

/** Resource attributes of the instance whose first process is `top`; `member` may be the same. */
function describeInstance(top: Top, member: Top, describer: Describer): ResourceAttributes {
  const { host, reader, version } = describer;
  const { image } = top;
  const living = [top, member].find((one) => isStill(one, reader));
  const ownFiles = living !== undefined && sharesFiles(living, reader);
  const attributes: Record<string, AttributeValue> = { ...host.host };
  if (ownFiles) Object.assign(attributes, host.distribution);
  describeProcess(attributes, top, describer, ownFiles);
  const containerName = describeContainer(attributes, top, ownFiles ? undefined : living, reader);
  attributes[semconv.ATTR_SERVICE_INSTANCE_ID] = instanceId(top, describer);
  attributes[semconv.ATTR_SERVICE_NAME] = containerName || processName(top);

  // What somebody has written down for this process goes before what was found out.
  const environment = image?.environment;
  for (const [key, value] of parseResourceAttributes(environment?.resourceAttributes ?? '') ?? []) {
    // Own property whatever the name, `__proto__` too; an empty name would leave the service without one.
    if (value !== '' || key !== semconv.ATTR_SERVICE_NAME)
      Object.defineProperty(attributes, key, { value, enumerable: true, writable: true, configurable: true });
  }
  if (environment?.serviceName) attributes[semconv.ATTR_SERVICE_NAME] = environment.serviceName;
  attributes[semconv.ATTR_TELEMETRY_DISTRO_NAME] = 'sonde';
  attributes[semconv.ATTR_TELEMETRY_DISTRO_VERSION] = version;
  return attributes;
}

/** The arguments are left out: they may hold secrets. */
function describeProcess(
  attributes: Record<string, AttributeValue>,
  top: Top,
  { host, reader }: Describer,
  own: boolean,
): void {
  const { image } = top;
  if (top.pid !== 0) attributes[semconv.ATTR_PROCESS_PID] = top.pid;
  if (top.parentPid !== 0) attributes[semconv.ATTR_PROCESS_PARENT_PID] = top.parentPid;
  if (top.executableName !== '') attributes[semconv.ATTR_PROCESS_EXECUTABLE_NAME] = top.executableName;
  if (top.executable !== '') attributes[semconv.ATTR_PROCESS_EXECUTABLE_PATH] = top.executable;
  const command = image?.args[0];
  if (command) attributes[semconv.ATTR_PROCESS_COMMAND] = command;
  const runtime = runtimeName(top.executableName);
  if (runtime !== '' && image?.executable) attributes[semconv.ATTR_PROCESS_RUNTIME_NAME] = runtime;
  // Of hidden processes that are taken together there is no first one.
  if (top.startTime > 0 && (top.pid !== 0 || image !== undefined)) {
    const ticks = Math.floor(top.startTime / TICK_NS) + reader.bootOffsetTicks;
    const milliseconds = host.bootTime + ticks * (TICK_NS / 1e6);
    attributes[semconv.ATTR_PROCESS_CREATION_TIME] = new Date(milliseconds).toISOString();
  }
  // Names of another file system's /etc/passwd are not ours to know; 0 is root in all of them.
  const owner = image?.userId === 0 ? 'root' : own ? host.users.get(image?.userId ?? -1) : undefined;
  if (owner !== undefined) attributes[semconv.ATTR_PROCESS_OWNER] = owner;
}

/** `foreign`: a living process that has its own mounts. Returns the container's name, '' if not known. */
function describeContainer(
  attributes: Record<string, AttributeValue>,
  top: Top,
  foreign: Top | undefined,
  reader: ProcReader,
): string {
  const container = top.image?.cgroup.container;
  const mounted = foreign === undefined ? undefined : parseMounts(reader.mounts(foreign.pid));
  const id = container?.id || mounted?.id;
  const podUid = container?.podUid || mounted?.podUid;
  if (id) attributes[semconv.ATTR_CONTAINER_ID] = id;
  if (container?.runtime) attributes[semconv.ATTR_CONTAINER_RUNTIME_NAME] = container.runtime;
  if (podUid) attributes[semconv.ATTR_K8S_POD_UID] = podUid;
  if (mounted?.name) attributes[semconv.ATTR_K8S_CONTAINER_NAME] = mounted.name;
  return mounted?.name ?? '';
}

/**
 * The name where nobody gave one: what the executable was called, but of an interpreter the program that it runs; "node" or
 * "python3.11" would make one service of all.
 */
function processName(top: Top): string {
  const program = interpretedProgram(top.executableName, top.image?.args ?? []);
  return programName(program) || top.image?.calledName || top.executableName || 'unknown_service';
}

/** https://opentelemetry.io/docs/specs/semconv/resource/#service: the namespace for ids made from a stable source. */
const NAMESPACE = Buffer.from('4d63009a8d0f11eeaad74c796ed8e320', 'hex');

/** The same for the same process, also when Sonde is started again; UUID version 5 (RFC 9562). */
function instanceId(top: Top, { host, reader }: Describer): string {
  const where = [host.bootId, String(host.host[semconv.ATTR_HOST_ID] ?? '')];
  const ticks = Math.floor(top.startTime / TICK_NS);
  const who =
    top.pid !== 0
      ? ['pid', reader.link('self/ns/pid'), top.pid, ticks]
      : top.image === undefined
        ? ['cgroup', top.cgroupId, top.comm]
        : ['tgid', top.tgid, ticks];
  const hash = createHash('sha1')
    .update(NAMESPACE)
    .update([...where, ...who].join('\0'))
    .digest();
  hash[6] = (hash.readUInt8(6) & 0x0f) | 0x50;
  hash[8] = (hash.readUInt8(8) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** The pid still means this process. */
export function isStill(entry: Top, reader: ProcReader): boolean {
  const stat = entry.pid === 0 ? undefined : reader.stat(entry.pid);
  return stat !== undefined && sameStart(stat.startTicks, entry.startTime);
}

/** Within a tick: a time of more than 104 days is rounded in a double, and may fall into the next one. */
export function sameStart(ticks: number, startTime: number): boolean {
  return Math.abs(ticks - Math.floor(startTime / TICK_NS)) <= 1;
}

function sharesFiles(entry: Top, reader: ProcReader): boolean {
  const namespace = reader.link(`${entry.pid}/ns/mnt`);
  return namespace !== '' && namespace === reader.link('self/ns/mnt');
}
