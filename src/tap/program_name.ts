/**
 * What an interpreter runs: `python3 -m http.server` is http.server, `java -jar /app/shop.jar` is shop. Nothing is
 * guessed: code given on the command line (`-e`, `-c`) or an unknown interpreter gives ''.
 */
interface Interpreter {
  readonly executable: RegExp;
  /** process.runtime.name where the executable alone makes it certain. */
  readonly runtime: string;
  /** Options whose next argument is theirs. */
  readonly valued: RegExp;
  /** Options whose next argument is the program. */
  readonly program: RegExp;
  /** Options that carry the code itself, or leave no program. */
  readonly inline: RegExp;
  /** Words before the program. */
  readonly verbs: readonly string[];
}

const NEVER = /^(?!)/;

const interpreters: readonly Interpreter[] = [
  {
    executable: /^(?:node|nodejs)$/,
    runtime: 'nodejs',
    valued: /^(?:-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--input-type|--title)$/,
    program: NEVER,
    inline: /^(?:-e|-p|-pe|--eval|--print|-i|--interactive|--test)(?:=|$)/,
    verbs: ['inspect'],
  },
  {
    executable: /^(?:bun|deno)$/,
    runtime: '',
    valued: /^(?:-r|--preload|-c|--config|--cwd)$/,
    program: NEVER,
    inline: /^(?:-e|-p|--eval|--print|eval|repl)$/,
    verbs: ['run', 'serve'],
  },
  {
    // Flags may stand together: `-um module`, `-Ic code`.
    executable: /^python\d?(?:\.\d+)?$/,
    runtime: '',
    valued: /^-[A-Za-bd-ln-z]*[WX]$|^--check-hash-based-pycs$/,
    program: /^-[A-VYZa-bd-ln-z]*m$/,
    inline: /^-[A-VYZa-bd-ln-z]*c/,
    verbs: [],
  },
  {
    executable: /^java$/,
    runtime: '',
    valued:
      /^(?:-cp|-classpath|--class-path|-p|--module-path|--add-modules|--add-opens|--add-exports|--add-reads|--upgrade-module-path|--source)$/,
    program: /^(?:-jar|-m|--module)$/,
    inline: /^(?:-version|--version|--list-modules)$/,
    verbs: [],
  },
  { executable: /^ruby\d?(?:\.\d+)?$/, runtime: '', valued: /^-[ICErK]$/, program: NEVER, inline: /^-\w*e/, verbs: [] },
  { executable: /^perl(?:\d[\d.]*)?$/, runtime: '', valued: /^-I$/, program: NEVER, inline: /^-\w*[eE]$/, verbs: [] },
  {
    executable: /^php(?:\d(?:\.\d+)?)?$/,
    runtime: '',
    valued: /^-[dctS]$/,
    program: /^-[fF]$/,
    inline: /^-[rRBEai]$/,
    verbs: [],
  },
  { executable: /^dotnet$/, runtime: '', valued: NEVER, program: NEVER, inline: NEVER, verbs: ['exec', 'run'] },
];

const EXTENSION = /\.(?:[cm]?[jt]sx?|pyc?|pyz|rb|pl|php|jar|war|dll)$/;
/** More arguments than this are not looked at. */
const MAX_ARGUMENTS = 64;

const find = (executableName: string) => interpreters.find((one) => one.executable.test(executableName));

export function isInterpreter(executableName: string): boolean {
  return find(executableName) !== undefined;
}

export function runtimeName(executableName: string): string {
  return find(executableName)?.runtime ?? '';
}

/** The program as the arguments name it, a path or a module; '' if the executable is no interpreter or has none. */
export function interpretedProgram(executableName: string, args: readonly string[]): string {
  const interpreter = find(executableName);
  if (interpreter === undefined) return '';
  for (let i = 1; i < args.length && i < MAX_ARGUMENTS; i++) {
    const arg = args[i] ?? '';
    if (interpreter.inline.test(arg)) return '';
    if (interpreter.program.test(arg)) return args[i + 1] ?? '';
    if (interpreter.valued.test(arg)) i++;
    else if (arg === '--') return args[i + 1] ?? '';
    else if (arg === '-' || arg === '') return '';
    else if (!arg.startsWith('-') && !interpreter.verbs.includes(arg)) return arg;
  }
  return '';
}

/** `/srv/shop/server.js` → `server`; `http.server` and `com.acme.Main` stay. '' for a directory without a name (`.`). */
export function programName(program: string): string {
  const path = program.endsWith('/') ? program.slice(0, -1) : program;
  const name = path.slice(path.lastIndexOf('/') + 1).replace(EXTENSION, '');
  return name === '.' || name === '..' ? '' : name;
}
