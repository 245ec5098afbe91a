import { parseArgs } from 'node:util';
import { parseDuration } from '../config/duration.ts';
import { FeatureGates } from '../config/feature_gates.ts';
import { nearest } from '../config/problem.ts';
import { timerMs } from '../transport/timer.ts';

const commands = ['validate', 'components', 'doctor', 'print-config', 'replay', 'featuregate'] as const;
export type Command = 'run' | 'help' | 'version' | (typeof commands)[number];

export interface Arguments {
  readonly command: Command;
  readonly config: readonly string[];
  readonly set: readonly string[];
  readonly gates: FeatureGates;
  /** Time from SIGTERM to the end, ms. */
  readonly shutdownMs: number;
  /** Of print-config. */
  readonly mode: 'redacted' | 'unredacted';
  readonly format: 'yaml' | 'json';
  readonly validate: boolean;
  /** Of featuregate. */
  readonly gate?: string;
  readonly replay: ReplayArguments;
}

export interface ReplayArguments {
  /** `-`: standard input. */
  readonly file: string;
  readonly format: 'otlp-json' | 'text';
  /** Port → name of a decoder, as given. */
  readonly hints: ReadonlyMap<number, string>;
  /** Spans of connections with TLS and of no known protocol, too. */
  readonly connections: boolean;
}

export class UsageError extends Error {}

/** Well inside a pod's default grace period of 30 s. */
const SHUTDOWN = '15s';

export const usage = `Usage:
  sonde [flags]
  sonde [command]

Available Commands:
  components   Outputs available components in this distribution
  doctor       Shows what works on this kernel and with these privileges
  featuregate  Display feature gates information
  print-config Prints the configuration with all defaults
  replay FILE  Prints the spans of a pcap or pcapng capture (.gz too; - is standard input)
  validate     Validates the config without running it

Flags:
      --config FILE          Location of a configuration: a file name, env:NAME, yaml:TEXT or an http(s) address.
                             May be repeated; later ones win. Files are watched, and SIGHUP reads all again.
      --set KEY=VALUE        Sets one value, for example --set=processors.batch.timeout=2s. May be repeated.
      --feature-gates LIST   Comma-delimited list of feature gates. '-' before one disables it.
      --shutdown-timeout D   Time to hand everything over after SIGTERM (default ${SHUTDOWN}).
      --mode MODE            print-config: redacted (default) or unredacted.
      --format FORMAT        print-config: yaml (default) or json; replay: otlp-json (default) or text.
      --port-hint PORT=NAME  replay: the decoder to ask first for this port, for example 8080=http1. May be repeated.
      --connections          replay: a span for each connection with TLS or of no known protocol, too.
      --validate             print-config: validates too (default); --validate=false does not.
  -h, --help                 Prints this text.
  -v, --version              Prints the version.
`;

const options = {
  config: { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
  'feature-gates': { type: 'string', multiple: true },
  'shutdown-timeout': { type: 'string' },
  mode: { type: 'string' },
  format: { type: 'string' },
  'port-hint': { type: 'string', multiple: true },
  connections: { type: 'boolean' },
  validate: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** Throws UsageError with the Collector's texts. */
export function parseArguments(args: readonly string[]): Arguments {
  // A flag that may stand alone and may have a value.
  const given = args.map((each) => (each === '--validate' ? '--validate=true' : each));
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: given, allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(usageText(error));
  }
  const { values, positionals } = parsed;
  const [word, extra] = positionals;
  const command = values.help === true ? 'help' : values.version === true ? 'version' : commandOf(word);
  checkCount(command, positionals.length - 1);
  const isReplay = command === 'replay';
  return {
    command,
    config: values.config ?? [],
    set: values.set ?? [],
    gates: gatesOf(values['feature-gates'] ?? []),
    shutdownMs: shutdownOf(values['shutdown-timeout'] ?? SHUTDOWN),
    mode: oneOf(
      values.mode ?? 'redacted',
      ['redacted', 'unredacted'],
      (text) => `invalid mode "${text}": modes are: redacted, unredacted`,
    ),
    format: oneOf(
      (isReplay ? undefined : values.format) ?? 'yaml',
      ['yaml', 'json'],
      (text) => `unrecognized print format: ${text}`,
    ),
    validate:
      oneOf(
        values.validate ?? 'true',
        ['true', 'false'],
        (text) => `invalid argument "${text}" for "--validate" flag`,
      ) === 'true',
    ...(extra === undefined ? {} : { gate: extra }),
    replay: {
      file: extra ?? '',
      format: oneOf(
        (isReplay ? values.format : undefined) ?? 'otlp-json',
        ['otlp-json', 'text'],
        (text) => `unrecognized replay format: ${text}: formats are: otlp-json, text`,
      ),
      hints: hintsOf(values['port-hint'] ?? []),
      connections: values.connections ?? false,
    },
  };
}

/** `count`: of words behind the command. */
function checkCount(command: Command, count: number): void {
  if (command === 'help' || count <= 0) {
    if (command === 'replay') throw new UsageError('accepts 1 arg(s), received 0: the capture file');
    return;
  }
  const most = command === 'replay' || command === 'featuregate' ? 1 : 0;
  if (count > most)
    throw new UsageError(`accepts ${command === 'featuregate' ? 'at most ' : ''}${most} arg(s), received ${count}`);
}

function hintsOf(texts: readonly string[]): ReadonlyMap<number, string> {
  return new Map(
    texts.map((text) => {
      const [, port, name] = /^(\d{1,5})=(\w+)$/.exec(text) ?? [];
      if (name === undefined || Number(port) < 1 || Number(port) > 65_535) {
        throw new UsageError(`invalid argument "${text}" for "--port-hint" flag: write it as 8080=http1`);
      }
      return [Number(port), name];
    }),
  );
}

function commandOf(word: string | undefined): Command {
  if (word === undefined) return 'run';
  if (word === 'help') return 'help';
  if (word === 'print-initial-config') return 'print-config';
  const found = commands.find((command) => command === word);
  if (found === undefined) {
    const guess = nearest(word, commands);
    throw new UsageError(
      `unknown command "${word}" for "sonde"${guess === undefined ? '' : ` (did you mean "${guess}"?)`}`,
    );
  }
  return found;
}

function gatesOf(lists: readonly string[]): FeatureGates {
  const gates = new FeatureGates();
  for (const list of lists) {
    const problem = gates.set(list);
    if (problem !== undefined)
      throw new UsageError(`invalid argument "${list}" for "--feature-gates" flag: ${problem}`);
  }
  return gates;
}

function shutdownOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 0) return timerMs(ms);
  throw new UsageError(`invalid argument "${text}" for "--shutdown-timeout" flag: write it as 15s`);
}

function oneOf<T extends string>(text: string, known: readonly T[], problem: (text: string) => string): T {
  const found = known.find((each) => each === text);
  if (found === undefined) throw new UsageError(problem(text));
  return found;
}

function usageText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const option = /'(-{1,2}[^\s'=<,]+)/.exec(message)?.[1];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `unknown flag: ${option ?? ''}`;
  if (/argument missing$/.test(message)) return `flag needs an argument: ${option ?? ''}`;
  return message;
}
