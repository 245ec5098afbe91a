import { parseArgs } from 'node:util';
import { parseDuration } from '../config/duration.ts';
import { FeatureGates } from '../config/feature_gates.ts';
import { nearest } from '../config/problem.ts';
import { timerMs } from '../transport/timer.ts';
import { type CommandName, commands, SHUTDOWN } from './usage.ts';

const names = Object.keys(commands) as CommandName[];
export type Command = 'run' | 'help' | 'version' | CommandName;

export interface Arguments {
  readonly command: Command;
  /** Of help: what is asked about. */
  readonly about?: CommandName;
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
  const asked = commandOf(word);
  const command = values.help === true ? 'help' : values.version === true ? 'version' : asked;
  const about = names.find((name) => name === (asked === 'help' ? extra : asked));
  checkCount(command, positionals.length - 1);
  const isReplay = command === 'replay';
  return {
    command,
    ...(about === undefined ? {} : { about }),
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
    throw new UsageError(
      `accepts ${command === 'featuregate' ? 'at most ' : ''}${most} arg(s), received ${count}${most === 0 ? ' (a file is given with --config)' : ''}`,
    );
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
  if (word === 'help' || word === 'version') return word;
  if (word === 'print-initial-config') return 'print-config';
  const found = names.find((name) => name === word);
  if (found === undefined) {
    const guess = nearest(word, names);
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
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const guess = nearest((option ?? '').replace(/^-+/, ''), Object.keys(options));
    return `unknown flag: ${option ?? ''}${guess === undefined ? '' : ` (did you mean --${guess}?)`}`;
  }
  if (/argument missing$/.test(message)) return `flag needs an argument: ${option ?? ''}`;
  return message;
}
