import { parseArgs } from 'node:util';

export type Command = 'run' | 'validate' | 'components' | 'doctor' | 'help' | 'version';
const commands: readonly string[] = ['validate', 'components', 'doctor'];

export interface Arguments {
  readonly command: Command;
  readonly config: readonly string[];
  readonly set: readonly string[];
}

export class UsageError extends Error {}

export const usage = `Usage:
  sonde [flags]
  sonde [command]

Available Commands:
  components   Outputs available components in this distribution
  doctor       Shows what works on this kernel and with these privileges
  validate     Validates the config without running it

Flags:
      --config FILE   Location of a configuration: a file name, env:NAME or yaml:TEXT. May be repeated; later ones win.
      --set KEY=VALUE Sets one value, for example --set=processors.batch.timeout=2s. May be repeated.
  -h, --help          Prints this text.
  -v, --version       Prints the version.
`;

/** Throws UsageError with the Collector's texts. */
export function parseArguments(args: readonly string[]): Arguments {
  let parsed: { values: Values; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: 'string', multiple: true },
        set: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    throw new UsageError(usageText(error));
  }
  const { values, positionals } = parsed;
  const [command, extra] = positionals;
  const config = values.config ?? [];
  const set = values.set ?? [];
  if (values.help === true) return { command: 'help', config, set };
  if (values.version === true) return { command: 'version', config, set };
  if (command === undefined) return { command: 'run', config, set };
  if (command === 'help') return { command: 'help', config, set };
  if (!commands.includes(command)) throw new UsageError(`unknown command "${command}" for "sonde"`);
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}" for "sonde ${command}"`);
  return { command: command as Command, config, set };
}

interface Values {
  readonly config?: string[];
  readonly set?: string[];
  readonly help?: boolean;
  readonly version?: boolean;
}

function usageText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const option = /'(-{1,2}[^\s'=<,]+)/.exec(message)?.[1];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `unknown flag: ${option ?? ''}`;
  return message;
}
