/** Well inside a pod's default grace period of 30 s. */
export const SHUTDOWN = '15s';

export const commands = {
  components: 'Outputs available components in this distribution',
  doctor: 'Shows what works on this kernel and with these privileges',
  featuregate: 'Display feature gates information',
  'print-config': 'Prints the configuration with all defaults, secrets redacted',
  replay: 'Prints the spans of a pcap or pcapng capture (.gz too; - is standard input)',
  validate: 'Validates the config without running it',
} as const;
export type CommandName = keyof typeof commands;

/** Column of the descriptions. */
const WIDTH = 29;

/** Words behind the command. */
const operands: Readonly<Partial<Record<CommandName, string>>> = { replay: ' FILE', featuregate: ' [ID]' };

interface Flag {
  readonly form: string;
  readonly text: readonly string[];
  /** `run`: without a command. */
  readonly of: readonly (CommandName | 'run')[];
}

const configured = ['run', 'validate', 'print-config', 'doctor'] as const;
const flags: readonly Flag[] = [
  {
    form: '--config FILE',
    text: [
      'Location of a configuration: a file name, env:NAME, yaml:TEXT or an http(s) address.',
      'May be repeated; later ones win. Files are watched, and SIGHUP reads all again.',
    ],
    of: configured,
  },
  {
    form: '--set KEY=VALUE',
    text: ['Sets one value, for example --set=processors.batch.timeout=2s. May be repeated.'],
    of: configured,
  },
  {
    form: '--feature-gates LIST',
    text: ["Comma-delimited list of feature gates. '-' before one disables it."],
    of: [...configured, 'featuregate'],
  },
  {
    form: '--shutdown-timeout D',
    text: [`Time to hand everything over after SIGTERM (default ${SHUTDOWN}).`],
    of: ['run'],
  },
  { form: '--mode MODE', text: ['redacted (default) or unredacted.'], of: ['print-config'] },
  { form: '--format FORMAT', text: ['yaml (default) or json.'], of: ['print-config'] },
  { form: '--validate', text: ['Validates too (default); --validate=false does not.'], of: ['print-config'] },
  { form: '--format FORMAT', text: ['otlp-json (default) or text.'], of: ['replay'] },
  {
    form: '--port-hint PORT=NAME',
    text: ['The decoder to ask first for this port, for example 8080=http1. May be repeated.'],
    of: ['replay'],
  },
  {
    form: '--connections',
    text: ['A span for each connection with TLS or of no known protocol, too.'],
    of: ['replay'],
  },
];
const always: readonly Omit<Flag, 'of'>[] = [
  { form: '-h, --help', text: ['Prints this text; with a command, what belongs to it.'] },
  { form: '-v, --version', text: ['Prints the version.'] },
];

/** Of one command, else of the program. */
export function usage(command?: CommandName): string {
  const own = flags.filter(({ of }) => of.includes(command ?? 'run'));
  return [
    ...(command === undefined ? overview : ofCommand(command)),
    '',
    'Flags:',
    ...[...own, ...always].flatMap(flagLines),
    '',
  ].join('\n');
}

const overview = [
  'Sonde: what the Linux kernel sees of applications, as OpenTelemetry. Begin with: sonde --config config/default.yaml',
  '',
  'Usage:',
  '  sonde [flags]',
  '  sonde [command] [flags]    sonde [command] --help tells its flags',
  '',
  'Available Commands:',
  ...Object.entries(commands).map(([name, text]) => `  ${name.padEnd(12)} ${text}`),
];

function ofCommand(name: CommandName): string[] {
  return [commands[name], '', 'Usage:', `  sonde ${name}${operands[name] ?? ''} [flags]`];
}

function flagLines({ form, text }: Omit<Flag, 'of'>): string[] {
  const [first = '', ...rest] = text;
  const start = (form.startsWith('--') ? '      ' : '  ') + form;
  return [`${start.padEnd(WIDTH)}${first}`, ...rest.map((line) => ' '.repeat(WIDTH) + line)];
}
