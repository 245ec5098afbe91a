import type { Batch } from '../pdata/pdata.ts';
import type { Component, Consumer, Extension, Logger, Settings } from './component.ts';
import { difference } from './difference.ts';
import { creationFailed, startFailed } from './failure_text.ts';
import { fanOut } from './fan_out.ts';
import type { Built, Node } from './graph.ts';
import { type Instance, type MadeSettings, makeInstance } from './instance.ts';
import type { Kind } from './registry.ts';
import { Switch, type Tracing } from './switch.ts';
import { withinTime } from './within_time.ts';

/** What cannot run twice gets this long at a reload, while its data waits; what it has not delivered goes to its successor. */
const EXCLUSIVE_STOP_MS = 5000;
/** For what ends at its deadline. Who waits longer for another (a full queue behind it, a foreign exporter) is left alone. */
const STOP_GRACE_MS = 500;

interface PipelinesOptions {
  readonly logger: Logger;
  readonly settings: (node: Node, extension: Settings['extension']) => MadeSettings;
  readonly tracing: Tracing;
}

/** The running components. `transition` makes them what a list of nodes says, and leaves alone what stays. */
export class Pipelines {
  readonly #options: PipelinesOptions;
  /** In the order to start. */
  #running: Instance[] = [];
  /** Where a component's data comes in; they outlive the components. */
  readonly #inlets = new Map<string, Switch>();
  /** What stopped components could not deliver, for their successors. */
  readonly #leftovers = new Map<string, Batch[]>();

  constructor(options: PipelinesOptions) {
    this.#options = options;
  }

  get components(): readonly Component[] {
    return this.#running.map(({ component }) => component);
  }

  get extensions(): readonly Extension[] {
    return this.#running.filter(({ node }) => node.kind === 'extension').map(({ component }) => component);
  }

  /**
   * Throws when something new does not start; then the new ones are stopped, but what had to stop first is gone: transition
   * back. `drainMs`: time for what is replaced or removed. Returns labels of what was made and what was stopped.
   */
  async transition(wanted: readonly Node[], drainMs: number): Promise<{ made: string[]; stopped: string[] }> {
    const { stopFirst, stopLast, stopExtensions, make } = difference(this.#running, wanted);
    const kept = new Set(wanted.map(({ key }) => key));
    const goes = new Set([...stopFirst, ...stopExtensions]);
    for (const { node } of stopFirst) this.#inlets.get(node.key)?.pause();
    await this.#stopFirst(stopFirst, kept, drainMs);
    for (const each of stopExtensions.toReversed()) await this.#stop(each, performance.now() + EXCLUSIVE_STOP_MS);
    this.#running = this.#running.filter((each) => !goes.has(each));

    const replaced = new Map(stopLast.map((each) => [each.node.key, each]));
    await this.#start(
      make.filter(({ kind }) => kind === 'extension'),
      wanted,
      () => undefined,
    );
    await this.#start(
      make.filter(({ kind }) => kind !== 'extension' && kind !== 'receiver'),
      wanted,
      (instance) => this.#wire(instance),
    );
    this.#connect(wanted);
    this.#feedLeftovers();
    await this.#start(
      make.filter(({ kind }) => kind === 'receiver'),
      wanted,
      (instance) => this.#wire(instance),
    );
    const deadline = performance.now() + drainMs;
    await inOrder(stopLast, (each) => this.#stop(each, deadline, this.#successor(each, kept)));
    this.#running = this.#running.filter((each) => replaced.get(each.node.key) !== each);
    for (const key of this.#inlets.keys()) {
      if (kept.has(key)) continue;
      this.#inlets.get(key)?.close();
      this.#inlets.delete(key);
    }
    return {
      made: make.map(({ label }) => label),
      stopped: [...stopExtensions, ...stopFirst, ...stopLast].map(({ node }) => node.label),
    };
  }

  /** Receivers first, exporters last, then extensions, each with what is left of the time until `deadline`. */
  async shutdown(deadline: number): Promise<void> {
    const stop = this.#running;
    this.#running = [];
    // Half of the time is the exporters': who waits for a full pipeline before them must not take it all.
    const now = performance.now();
    const half = now + (deadline - now) / 2;
    await inOrder(stop, (each) =>
      this.#stop(each, ['exporter', 'extension'].includes(each.node.kind) ? deadline : half),
    );
    for (const inlet of this.#inlets.values()) inlet.close();
    this.#inlets.clear();
  }

  /** Makes all, then starts all. */
  async #start(nodes: readonly Node[], wanted: readonly Node[], wire: (instance: Instance) => void): Promise<void> {
    const fresh: Instance[] = [];
    let failing = (text: string): string => text;
    try {
      for (const node of nodes) {
        failing = (text) => creationFailed(node, text);
        const instance = await makeInstance(
          node,
          (id) => this.#extension(id),
          this.#options.settings,
          this.#options.tracing,
        );
        fresh.push(instance);
        wire(instance);
        // Extensions use each other as soon as they run.
        if (node.kind !== 'extension') continue;
        failing = (text) => startFailed(node, text);
        await instance.component.start();
      }
      for (const { node, component } of fresh) {
        if (node.kind === 'extension') continue;
        failing = (text) => startFailed(node, text);
        await component.start();
      }
    } catch (error) {
      for (const each of fresh.toReversed()) await this.#stop(each, performance.now());
      throw new Error(failing(describe(error)), { cause: error });
    }
    const order = new Map(wanted.map(({ key }, i) => [key, i]));
    const place = ({ node }: Instance): number => order.get(node.key) ?? -1;
    this.#running = [...this.#running, ...fresh].sort((a, b) => place(a) - place(b));
  }

  #extension(id: string): Extension | undefined {
    const found = this.#running.find(({ node }) => node.kind === 'extension' && node.id === id);
    return found?.component;
  }

  /** Points the instance's outlets at the inlets of the nodes after it. */
  #wire({ node, outlets }: Instance, next = node.next): void {
    for (const [signal, outlet] of outlets) {
      outlet.set(fanOut([...(next.get(signal) ?? [])].map((key) => this.#inlet(key))));
    }
  }

  #inlet(key: string): Switch {
    let inlet = this.#inlets.get(key);
    if (inlet === undefined) {
      // "exporter traces otlp_http" is the span exporter/otlp_http/traces.
      const [kind = '', middle = '', ...id] = key.split(' ');
      inlet = new Switch(undefined, `${kind}/${id.join(' ')}/${middle}`, this.#options.tracing);
      this.#inlets.set(key, inlet);
    }
    return inlet;
  }

  /** Every inlet gets its newest component, every component that stays the wiring of now. */
  #connect(wanted: readonly Node[]): void {
    const nodes = new Map(wanted.map((node) => [node.key, node]));
    // A replaced one comes before its successor in #running: the later wins.
    for (const instance of this.#running) {
      const node = nodes.get(instance.node.key);
      if (node === undefined) continue;
      if (isConsumer(instance.component)) this.#inlet(node.key).set(instance.component);
      this.#wire(instance, node.next);
    }
  }

  async #stopFirst(stop: readonly Instance[], kept: ReadonlySet<string>, drainMs: number): Promise<void> {
    const soon = performance.now() + EXCLUSIVE_STOP_MS;
    const late = performance.now() + drainMs;
    const one = (each: Instance): Promise<void> => {
      const { key } = each.node;
      if (!kept.has(key)) return this.#stop(each, late);
      const left: Batch[] = this.#leftovers.get(key) ?? [];
      this.#leftovers.set(key, left);
      return this.#stop(each, soon, { consume: async (batch) => void left.push(batch) });
    };
    await inOrder(stop, one);
  }

  /** Without waiting for the last of it: the pipeline is running, and its bounds hold for this data too. */
  #feedLeftovers(): void {
    for (const [key, batches] of this.#leftovers) {
      this.#leftovers.delete(key);
      const inlet = this.#inlet(key);
      for (const batch of batches) {
        inlet.consume(batch).catch((error: unknown) => {
          const fields = { error: describe(error), dropped_items: batch.itemCount };
          this.#options.logger.error('data of a replaced component was refused by its successor', fields);
        });
      }
    }
  }

  #successor({ node }: Instance, kept: ReadonlySet<string>): Consumer | undefined {
    return kept.has(node.key) && node.kind !== 'receiver' ? this.#inlet(node.key) : undefined;
  }

  async #stop({ node, component, close }: Instance, deadline: number, successor?: Consumer): Promise<void> {
    try {
      const stopped = component.shutdown(deadline, successor);
      if (!(await withinTime(stopped, deadline + STOP_GRACE_MS, Number.POSITIVE_INFINITY))) {
        this.#options.logger.error(`${node.kind} "${node.id}" did not stop in time`);
      }
    } catch (error) {
      this.#options.logger.error(`failed to shut down ${node.kind} "${node.id}"`, { error: describe(error) });
    }
    close();
  }
}

/**
 * Stops receivers together, then what is between, the first of a pipeline first, then exporters together, so that one whose
 * upstream is dead takes no time from another; extensions last. `instances` are in the order to start.
 */
async function inOrder(instances: readonly Instance[], stop: (instance: Instance) => Promise<void>): Promise<void> {
  const of = (...kinds: Kind[]): Instance[] => instances.toReversed().filter(({ node }) => kinds.includes(node.kind));
  await Promise.all(of('receiver').map(stop));
  for (const each of of('processor', 'connector')) await stop(each);
  await Promise.all(of('exporter').map(stop));
  for (const each of of('extension')) await stop(each);
}

function isConsumer(component: Built): component is Component & Consumer {
  return typeof component.consume === 'function';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
