import type { Addon, NativeLink, NativeObject } from './addon.ts';
import { objectPath } from './addon_loader.ts';
import { ConfigMap } from './config_map.ts';
import { CountersMap } from './counters.ts';
import { ownNetns } from './netns.ts';
import { attachTarget, type Backend, olderSockets, socketPrograms } from './programs.ts';
import type { KernelTapOptions } from './types.ts';

/** socket.bpf.o, loaded and attached with the programs of one back end. */
export interface SocketObject {
  readonly object: NativeObject;
  readonly config: ConfigMap;
  readonly counters: CountersMap;
  readonly hooks: Record<string, string>;
  readonly links: readonly NativeLink[];
}

/** Two operations of the probe: one byte sent, one byte received. */
const PROBE_OPERATIONS = 2;

class BlindHookError extends Error {}

/** Throws an AddonError if the kernel refuses, a BlindHookError if the hooks are attached but do not see traffic. */
export function attachSockets(addon: Addon, backend: Backend, options: KernelTapOptions): SocketObject {
  const object = addon.open(objectPath('socket'));
  try {
    const hooks = load(addon, object, backend, options);
    const config = new ConfigMap(object.map('config'));
    config.start(options.scope === 'pod' ? ownNetns() : 0, options);
    const counters = new CountersMap(object.map('counters'), addon.possibleCpus());
    const links: NativeLink[] = [];
    for (const program of socketPrograms) {
      if (hooks[program.hook] === '') {
        links.push(object.attach(program.name));
        hooks[program.hook] = 'attached';
      }
    }
    // Tells the programs who Sonde is, so that not even the probe's byte is recorded.
    object.iterate(olderSockets.name);
    const before = counters.read().operations;
    addon.exchangeByte();
    const seen = counters.read().operations - before;
    if (seen < PROBE_OPERATIONS) {
      throw new BlindHookError(`the hooks are attached but saw ${seen} of ${PROBE_OPERATIONS} operations`);
    }
    return { object, config, counters, hooks, links };
  } catch (error) {
    object.close();
    throw error;
  }
}

/** Hooks that are to be attached have '' in the answer. */
function load(addon: Addon, object: NativeObject, backend: Backend, options: KernelTapOptions): Record<string, string> {
  const hooks: Record<string, string> = {};
  object.setMaxEntries('ring', options.ringBytes);
  for (const program of socketPrograms) {
    const wanted = program.backend === undefined || program.backend === backend;
    const target = wanted && program.targets !== undefined ? attachTarget(addon, program) : undefined;
    if (!wanted || (program.targets !== undefined && target === undefined)) {
      object.setAutoload(program.name, false);
      if (wanted) {
        hooks[program.hook] = 'the kernel has no such function';
      }
      continue;
    }
    if (target !== undefined) {
      object.setAttachTarget(program.name, target);
    }
    hooks[program.hook] = '';
  }
  object.load();
  return hooks;
}
