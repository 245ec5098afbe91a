import type { Extension, Settings } from '../../src/service/component.ts';
import { TelemetryRegistry } from '../../src/service/telemetry.ts';

export interface TestSettings extends Settings {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: unknown }[];
  readonly registry: TelemetryRegistry;
  readonly failures: Error[];
}

/** Settings that remember what was logged and counted. */
export function testSettings(id: string, extensions: Readonly<Record<string, Extension>> = {}): TestSettings {
  const lines: { level: string; message: string; fields: unknown }[] = [];
  const failures: Error[] = [];
  const log =
    (level: string) =>
    (message: string, fields: unknown = {}): void => {
      lines.push({ level, message, fields });
    };
  const registry = new TelemetryRegistry();
  return {
    id,
    lines,
    registry,
    failures,
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    telemetry: registry.component({}),
    buildInfo: { command: 'sonde', version: '1.2.3' },
    fail: (error) => failures.push(error),
    extension: (name) => extensions[name],
  };
}

export function counted(settings: TestSettings, name: string): number {
  let sum = 0;
  for (const metric of settings.registry.snapshot()) if (metric.name === name) sum += metric.value;
  return sum;
}

export async function until(condition: () => boolean, ms = 30_000): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
