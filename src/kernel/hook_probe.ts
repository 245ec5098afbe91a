import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import type { Addon, NativeObject } from './addon.ts';
import { loadAddon, objectPath } from './addon_loader.ts';
import { ConfigMap } from './config_map.ts';
import {
  attachTarget,
  type Iterator,
  olderSockets,
  type Program,
  processPrograms,
  progress,
  socketPrograms,
} from './programs.ts';
import { describe } from './tap.ts';

export interface HookProbe {
  readonly hook: string;
  readonly works: boolean;
  /** Why not, or what could not be found out. */
  readonly reason: string;
  /** What becomes of Sonde without it; '': nothing, if another back end works. */
  readonly without: string;
}

/** Shut by everybody in practice; a refused connection runs through the states all the same. */
const CLOSED_PORT = 1;

/**
 * Each hook alone: loaded, attached, used, and its program's run count read. A hook that attaches may still see nothing.
 */
export async function probeHooks(): Promise<HookProbe[]> {
  const addon = loadAddon();
  const closeStats = enableRunCounts(addon);
  const probes: HookProbe[] = [];
  try {
    for (const program of socketPrograms) {
      const use = program.name === 'sock_state' ? changeState : () => addon.exchangeByte();
      // Only sendfile and splice go through it.
      const exercised = program.name !== 'sendpage_exit' && closeStats !== undefined;
      probes.push(await probe(addon, 'socket', socketPrograms, program, use, exercised));
    }
    for (const program of processPrograms) {
      const use = () => spawnSync('/proc/self/exe', ['--version']);
      probes.push(await probe(addon, 'process', processPrograms, program, use, closeStats !== undefined));
    }
    probes.push(probeIterator(addon, olderSockets), probeIterator(addon, progress));
  } finally {
    closeStats?.();
  }
  return probes;
}

/** undefined where the kernel refuses: then attaching is all that can be told. */
function enableRunCounts(addon: Addon): (() => void) | undefined {
  try {
    const stats = addon.enableStats();
    return () => stats.close();
  } catch {
    return undefined;
  }
}

async function probe(
  addon: Addon,
  objectName: string,
  all: readonly Program[],
  program: Program,
  use: () => unknown,
  exercised: boolean,
): Promise<HookProbe> {
  const { hook, without = '' } = program;
  let object: NativeObject | undefined;
  try {
    const target = program.targets === undefined ? undefined : attachTarget(addon, program);
    if (program.targets !== undefined && target === undefined) {
      return { hook, works: false, reason: 'the kernel has no such function', without };
    }
    object = openOnly(addon, objectName, all, program.name);
    if (target !== undefined) {
      object.setAttachTarget(program.name, target);
    }
    object.load();
    object.attach(program.name);
    await use();
    if (!exercised) {
      return { hook, works: true, reason: 'attaches (not exercised)', without };
    }
    const runs = object.programs().find((each) => each.name === program.name)?.runCount ?? 0;
    return { hook, works: runs > 0, reason: runs > 0 ? '' : 'attaches but sees nothing', without };
  } catch (error) {
    return { hook, works: false, reason: describe(error), without };
  } finally {
    object?.close();
  }
}

function openOnly(addon: Addon, objectName: string, all: readonly Program[], wanted: string): NativeObject {
  const object = addon.open(objectPath(objectName));
  object.setMaxEntries('ring', 64 * 1024);
  for (const each of all) {
    object.setAutoload(each.name, each.name === wanted);
  }
  if (objectName === 'socket') {
    for (const { name } of [olderSockets, progress]) {
      object.setAutoload(name, name === wanted);
    }
  }
  return object;
}

function probeIterator(addon: Addon, { name, hook, map, without = '' }: Iterator): HookProbe {
  let object: NativeObject | undefined;
  try {
    object = openOnly(addon, 'socket', socketPrograms, name);
    object.load();
    object.iterate(name, undefined, map);
    // It writes who Sonde is into `config`; the other one has no sockets to tell of.
    const works = name !== olderSockets.name || new ConfigMap(object.map('config')).ownTgid !== 0;
    return { hook, works, reason: works ? '' : 'runs but sees nothing', without };
  } catch (error) {
    return { hook, works: false, reason: describe(error), without };
  } finally {
    object?.close();
  }
}

function changeState(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: CLOSED_PORT, timeout: 500 });
    const done = () => {
      socket.destroy();
      resolve();
    };
    socket.once('error', done).once('connect', done).once('timeout', done);
  });
}
