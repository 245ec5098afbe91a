import { release } from 'node:os';
import { SondeError } from '../errors.ts';
import type { Addon, AddonError, MapInfo, NativeLink, NativeObject, NativeRing } from './addon.ts';
import { loadAddon, objectPath } from './addon_loader.ts';
import { ownNetns, visibleNetns } from './netns.ts';
import { PolicyMap } from './policy.ts';
import { whyRefused } from './privileges.ts';
import { type Backend, backends, missingFor, olderSockets, processPrograms, progress } from './programs.ts';
import { readProgress } from './progress.ts';
import { RecordReader } from './records.ts';
import { attachSockets, type SocketObject } from './socket_object.ts';
import type {
  KernelCounters,
  KernelTap,
  KernelTapOptions,
  PolicyMode,
  ProgressHandler,
  RecordHandler,
} from './types.ts';

const BPF_MAP_TYPE_RINGBUF = 27;
/** The process that leads to a network namespace may end meanwhile; another one may lead there. */
const NETNS_LOOKS = 3;
export const BTF_PATH = '/sys/kernel/btf/vmlinux';
/** Maps that process.bpf.o shares with socket.bpf.o. */
const SHARED_MAPS = ['ring', 'config', 'counters'];

/** Loads and attaches everything; throws a SondeError when no back end works here. */
export function openKernelTap(options: KernelTapOptions): KernelTap {
  const addon = loadAddon();
  const refused: string[] = [];
  let denied = false;
  let cause: unknown;
  for (const backend of options.backend === undefined ? backends : [options.backend]) {
    try {
      const missing = missingFor(addon, backend);
      if (missing === '') {
        return new SocketTap(addon, backend, attachSockets(addon, backend, options), options);
      }
      refused.push(`${backend}: ${missing}`);
    } catch (error) {
      cause = error;
      const { code, syscall } = error as Partial<AddonError>;
      if (syscall === 'btf__load_vmlinux_btf') {
        throw new SondeError('E_NO_BTF', { path: BTF_PATH }, error);
      }
      denied ||= code === 'EPERM' || code === 'EACCES';
      refused.push(`${backend}: ${describe(error)}`);
    }
  }
  throw denied
    ? new SondeError(
        'E_NO_PERMISSION',
        { what: 'the socket programs', reason: [...refused, whyRefused()].join('; ') },
        cause,
      )
    : new SondeError('E_KERNEL_TOO_OLD', { release: release(), reason: refused.join('; ') }, cause);
}

/** What libbpf says after every refusal (and its advice on the memlock limit, which is out of date since 5.11). */
const NOISE =
  /load failed|failed to load|permission error|PROG LOAD LOG|^processed \d+ insns|RLIMIT_MEMLOCK|bpf_object__probe_loading/;

/** One line: an addon's error with the end of the verifier's log. */
export function describe(error: unknown): string {
  const { message, log } = error as Partial<AddonError>;
  const lines = log?.trim().split('\n') ?? [];
  const telling = lines.filter((line) => !NOISE.test(line)).slice(-2);
  return telling.length === 0 ? String(message) : `${message} (${telling.join(' ')})`;
}

/** Before 6.4 the kernel's own figure leaves a ring's pages out. */
function memoryBytes(map: MapInfo): number {
  return map.type === BPF_MAP_TYPE_RINGBUF ? Math.max(map.memoryBytes, map.maxEntries) : map.memoryBytes;
}

class SocketTap implements KernelTap {
  readonly backend: Backend;
  readonly hooks: Record<string, string>;
  readonly mapBytes: number;

  readonly #addon: Addon;
  readonly #sockets: SocketObject;
  readonly #processes: NativeObject | undefined;
  readonly #ring: NativeRing;
  readonly #reader: RecordReader;
  readonly #policy: PolicyMap;
  readonly #processLinks: NativeLink[] = [];
  /** What the counters said last, once closed. */
  #final: KernelCounters | undefined;

  constructor(addon: Addon, backend: Backend, sockets: SocketObject, options: KernelTapOptions) {
    this.#addon = addon;
    this.backend = backend;
    this.#sockets = sockets;
    this.hooks = sockets.hooks;
    try {
      this.#processes = this.#attachProcesses(options.ringBytes);
      this.#ring = sockets.object.map('ring').ring();
      this.#reader = new RecordReader(this.#ring, options.backlogBytes);
      this.#policy = new PolicyMap(sockets.object.map('policy'));
      this.#findOlderSockets(options.scope);
      this.#tryProgress();
      this.mapBytes = this.#sumMaps();
    } catch (error) {
      this.#closeObjects();
      throw error;
    }
  }

  drain(handler: RecordHandler, maxBytes: number): number {
    return this.#final === undefined ? this.#reader.drain(handler, maxBytes) : 0;
  }

  get waiting(): number {
    return this.#reader.waiting;
  }

  get capacity(): number {
    return this.#reader.capacity;
  }

  get left(): number {
    return this.#reader.left;
  }

  watch(callback: () => void): void {
    this.#ring.watch(callback);
  }

  setPolicy(cookie: number, mode: PolicyMode): void {
    this.#policy.set(cookie, mode);
  }

  counters(): KernelCounters {
    return this.#final ?? this.#readCounters();
  }

  progress(each: ProgressHandler): boolean {
    if (this.#final !== undefined || this.hooks[progress.hook] !== 'attached') return false;
    let output: Uint8Array;
    try {
      output = this.#iterateSockets();
    } catch {
      // Out of memory, say: perhaps the next time.
      return false;
    }
    readProgress(output, each);
    return true;
  }

  now(): number {
    return this.#addon.monotonicNow();
  }

  clockOffset(): readonly [number, number] {
    return this.#addon.clockOffset();
  }

  configure(options: Parameters<KernelTap['configure']>[0]): void {
    this.#reader.backlog.limit = options.backlogBytes ?? 0;
    this.#sockets.config.configure(options);
  }

  stop(): void {
    for (const link of [...this.#sockets.links, ...this.#processLinks.splice(0)]) {
      link.close();
    }
  }

  close(): void {
    this.#final ??= this.#readCounters();
    this.#closeObjects();
  }

  /** Without process events spans still come; only short-lived processes stay less well known. */
  #attachProcesses(ringBytes: number): NativeObject | undefined {
    const object = this.#addon.open(objectPath('process'));
    try {
      object.setMaxEntries('ring', ringBytes);
      for (const name of SHARED_MAPS) {
        object.reuseMap(name, this.#sockets.object.map(name));
      }
      object.load();
      for (const program of processPrograms) {
        this.#processLinks.push(object.attach(program.name));
        this.hooks[program.hook] = 'attached';
      }
      return object;
    } catch (error) {
      object.close();
      for (const program of processPrograms) {
        this.hooks[program.hook] = describe(error);
      }
      return undefined;
    }
  }

  /** Tells the roles of sockets that were open before. After attaching: one opened in between is then seen by both. */
  #findOlderSockets(scope: 'pod' | 'node'): void {
    const { object } = this.#sockets;
    let unreachable = 0;
    const seen = new Set([ownNetns()]);
    for (let look = 0; scope === 'node' && look < NETNS_LOOKS; look++) {
      unreachable = 0;
      for (const [inode, path] of visibleNetns()) {
        if (seen.has(inode)) continue;
        try {
          object.iterate(olderSockets.name, path);
          seen.add(inode);
        } catch {
          unreachable++;
        }
      }
      if (unreachable === 0) break;
    }
    this.hooks[olderSockets.hook] =
      unreachable === 0 ? 'attached' : `attached; older sockets of ${unreachable} network namespaces stay unknown`;
  }

  /** Without it the bytes of connections that are only counted are told at their ends. */
  #tryProgress(): void {
    try {
      this.#iterateSockets();
      this.hooks[progress.hook] = 'attached';
    } catch (error) {
      this.hooks[progress.hook] = describe(error);
    }
  }

  #iterateSockets(): Uint8Array {
    return this.#sockets.object.iterate(progress.name, undefined, progress.map);
  }

  #readCounters(): KernelCounters {
    let missed = 0;
    for (const object of [this.#sockets.object, this.#processes]) {
      for (const program of object?.programs() ?? []) {
        missed += program.recursionMisses;
      }
    }
    return { ...this.#sockets.counters.read(), missed };
  }

  #sumMaps(): number {
    let bytes = 0;
    for (const map of this.#sockets.object.maps()) {
      bytes += memoryBytes(map);
    }
    for (const map of this.#processes?.maps() ?? []) {
      bytes += SHARED_MAPS.includes(map.name) ? 0 : memoryBytes(map);
    }
    return bytes;
  }

  #closeObjects(): void {
    this.#processes?.close();
    this.#sockets.object.close();
  }
}
