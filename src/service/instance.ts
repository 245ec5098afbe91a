import type { Signal } from '../pdata/pdata.ts';
import type { Extension, Settings } from './component.ts';
import type { Built, Node } from './graph.ts';
import { ProcessorReport } from './processor_report.ts';
import { Switch, type Tracing } from './switch.ts';

/** As in the Collector's names of spans. */
const dataNames: Readonly<Record<Signal, string>> = {
  traces: 'TraceData',
  metrics: 'Metrics',
  logs: 'Logs',
  profiles: 'Profiles',
};

/** A component that was made, with what a reload has to know of it. */
export interface Instance {
  readonly node: Node;
  /** Equal: a reload leaves it alone. */
  readonly fingerprint: string;
  readonly component: Built;
  /** Where its data goes. */
  readonly outlets: ReadonlyMap<Signal, Switch>;
  /** Ids of the extensions that it asked for, whether they are there or not. */
  readonly uses: ReadonlySet<string>;
  /** Ends its own metrics. */
  readonly close: () => void;
}

export interface MadeSettings {
  readonly settings: Settings;
  readonly close: () => void;
}

export async function makeInstance(
  node: Node,
  extension: (id: string) => Extension | undefined,
  settingsOf: (node: Node, extension: Settings['extension']) => MadeSettings,
  tracing: Tracing,
): Promise<Instance> {
  const uses = new Set<string>();
  const { settings, close } = settingsOf(node, (id) => {
    uses.add(id);
    return extension(id);
  });
  const outlets = new Map<Signal, Switch>();
  for (const [signal, targets] of node.next) {
    if (targets.size === 0) continue;
    // Of other components what they are given is told, not what they give.
    const own = node.kind === 'receiver' ? tracing : undefined;
    outlets.set(signal, new Switch(undefined, `receiver/${node.id}/${dataNames[signal]}Received`, own));
  }
  try {
    const component = await create(node, settings, outlets);
    return { node, fingerprint: fingerprintOf(node), component, outlets, uses, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Processors are counted around, those that do not count themselves. */
async function create(node: Node, settings: Settings, outlets: ReadonlyMap<Signal, Switch>): Promise<Built> {
  const { factory } = node.configured;
  if (node.kind !== 'processor' || ('countsItems' in factory && factory.countsItems === true)) {
    return node.create(settings, (signal) => outlets.get(signal));
  }
  const report = new ProcessorReport(settings.telemetry);
  const component = await node.create(settings, (signal) => {
    const outlet = outlets.get(signal);
    return outlet === undefined ? undefined : report.after(outlet);
  });
  const { consume } = component;
  if (consume === undefined) return component;
  return report.before({
    start: () => component.start(),
    shutdown: (deadline, successor) => component.shutdown(deadline, successor),
    consume: (batch) => consume.call(component, batch),
  });
}

/** Configuration, and for receivers the signals that are wanted: wiring alone needs no new instance. */
export function fingerprintOf(node: Node): string {
  const signals = [...node.next].filter(([, targets]) => targets.size > 0).map(([signal]) => signal);
  return JSON.stringify([signals.sort(), node.configured.config], (_, value: unknown) =>
    typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)) ? String(value) : value,
  );
}

export function overlaps(node: Node): boolean {
  return node.configured.factory.overlaps ?? !(node.kind === 'receiver' || node.kind === 'extension');
}
