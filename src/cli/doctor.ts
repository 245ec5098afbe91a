import { type DoctorReport, diagnose } from '../kernel/doctor.ts';
import type { Arguments } from './arguments.ts';
import { readConfig } from './read_config.ts';
import { version } from './version.ts';

/** Prints the table; 0 if sockets can be observed, else 1. */
export async function doctor(args: Arguments, out: NodeJS.WritableStream): Promise<number> {
  const report = await diagnose(await scopeOf(args));
  out.write(reportText(report));
  return report.canRun ? 0 : 1;
}

/** Of the configuration, if one is given: `node` if any receiver asks for it. */
async function scopeOf(args: Arguments): Promise<'pod' | 'node'> {
  if (args.config.length === 0) return 'pod';
  const { config } = await readConfig(args);
  const scopes = [...config.components.receiver.values()].map(
    ({ config: receiver }) => (receiver as { readonly scope?: string }).scope,
  );
  return scopes.includes('node') ? 'node' : 'pod';
}

function reportText({ rows, canRun }: DoctorReport): string {
  const width = Math.max(...rows.map(({ item }) => item.length));
  const lines = [`sonde ${version}`, ''];
  for (const { item, status, detail, remedy } of rows) {
    lines.push(`${item.padEnd(width)}  ${status.padEnd(7)}  ${detail}`);
    if (remedy !== '') lines.push(`${' '.repeat(width)}           → ${remedy}`);
  }
  lines.push(
    '',
    canRun ? 'Sonde can observe sockets here.' : 'Sonde cannot observe sockets here: see the remedies above.',
  );
  return `${lines.join('\n')}\n`;
}
