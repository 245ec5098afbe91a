import { spawn } from 'node:child_process';
import { otelcolBinary } from './otelcol.ts';

export interface Verdict {
  readonly accepted: boolean;
  /** Without log lines; empty when accepted. */
  readonly message: string;
}

interface Case {
  readonly name: string;
  readonly config: readonly string[];
  readonly set?: readonly string[];
  readonly gates?: string;
}

/** What `otelcol validate` says of each case. */
export async function collectorVerdicts(
  cases: readonly Case[],
  env: Readonly<Record<string, string>>,
): Promise<Record<string, Verdict>> {
  const verdicts: Record<string, Verdict> = {};
  for (const each of cases) verdicts[each.name] = await verdict(otelcolBinary, each, env);
  return verdicts;
}

async function verdict(
  binary: string,
  { config, set, gates }: Case,
  env: Readonly<Record<string, string>>,
): Promise<Verdict> {
  const args = [
    'validate',
    ...config.map((each) => `--config=${each}`),
    ...(set ?? []).map((each) => `--set=${each}`),
    ...(gates === undefined ? [] : [`--feature-gates=${gates}`]),
  ];
  const child = spawn(binary, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  // What follows "Error: "; warnings are logged before it.
  const message = /^Error: ([\s\S]*)$/m.exec(stderr)?.[1]?.trim() ?? (code === 0 ? '' : stderr.slice(0, 300));
  return { accepted: code === 0, message: code === 0 ? '' : message };
}
