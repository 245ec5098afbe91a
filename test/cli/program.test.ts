import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { gated } from '../support/gated.ts';
import { otelcolBinary, otelcolMissing } from '../support/otelcol.ts';
import { bundle } from '../support/program.ts';

interface Component {
  readonly name: string;
  readonly stability: Readonly<Record<string, string>>;
}
type Section = 'receivers' | 'processors' | 'exporters' | 'connectors' | 'extensions';
type Components = Readonly<Record<Section, readonly Component[]>>;

const folder = mkdtempSync(join(tmpdir(), 'sonde-cli-'));
let program = '';

beforeAll(async () => {
  program = await bundle(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

function sonde(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: { TEST_PATH: '/x' },
  });
  return { status, stdout, stderr };
}

const PIPELINE = 'service: {pipelines: {traces: {receivers: [ebpf_socket], exporters: [debug]}}}\n';
// No worker lies beside this bundle, so that the kernel side is never usable here: on every machine alike.
const OPTIONAL = `receivers: {ebpf_socket: {required: false}}\nexporters: {debug: }\n${PIPELINE}`;

test.each([
  { args: ['--version'], status: 0, stdout: 'sonde version 1.2.3\n', stderr: '' },
  { args: ['-v'], status: 0, stdout: 'sonde version 1.2.3\n', stderr: '' },
  {
    args: ['--help'],
    status: 0,
    stdout: /^Sonde: [\s\S]*\nUsage:\n {2}sonde \[flags\][\s\S]*\n {2}replay [\s\S]*--shutdown-timeout/,
    stderr: '',
  },
  { args: ['version'], status: 0, stdout: /^sonde version \d/, stderr: '' },
  {
    args: ['replay', '--help'],
    status: 0,
    stdout:
      /^Prints the spans of [\s\S]*\nUsage:\n {2}sonde replay FILE \[flags\]\n[\s\S]* --format FORMAT +otlp-json [\s\S]* --port-hint/,
    stderr: '',
  },
  {
    args: ['help', 'validate'],
    status: 0,
    stdout: /^Validates [\s\S]* sonde validate \[flags\]\n[\s\S]* --set KEY=VALUE/,
    stderr: '',
  },
  { args: [], status: 1, stdout: '', stderr: 'Error: at least one config flag must be provided (add --config FILE)\n' },
  {
    args: ['--conf', 'a.yaml'],
    status: 1,
    stdout: '',
    stderr: "Error: unknown flag: --conf (did you mean --config?)\nRun 'sonde --help' for usage.\n",
  },
  {
    args: ['validate', 'a.yaml'],
    status: 1,
    stdout: '',
    stderr: "Error: accepts 0 arg(s), received 1 (a file is given with --config)\nRun 'sonde --help' for usage.\n",
  },
  { args: ['--foo'], status: 1, stdout: '', stderr: "Error: unknown flag: --foo\nRun 'sonde --help' for usage.\n" },
  {
    args: ['bla'],
    status: 1,
    stdout: '',
    stderr: 'Error: unknown command "bla" for "sonde"\nRun \'sonde --help\' for usage.\n',
  },
  {
    args: ['validat'],
    status: 1,
    stdout: '',
    stderr:
      'Error: unknown command "validat" for "sonde" (did you mean "validate"?)\nRun \'sonde --help\' for usage.\n',
  },
  { args: ['--config'], status: 1, stdout: '', stderr: /^Error: flag needs an argument: --config\n/ },
  {
    args: ['validate', '--config', `yaml:${OPTIONAL}`, '--set', 'exporters.debug/2.verbosity=$' + '{env:N}'],
    status: 0,
    stdout: '',
    stderr:
      'Warning: Configuration references unset environment variable {"name": "N", "at": "--set exporters.debug/2.verbosity"}\nWarning: --set exporters.debug/2.verbosity: exporter "debug/2" is configured but no pipeline uses it\n',
  },
  { args: ['validate', 'x'], status: 1, stdout: '', stderr: /accepts 0 arg\(s\), received 1/ },
  { args: ['validate', '--config', 'config/default.yaml'], status: 0, stdout: '', stderr: '' },
  { args: ['validate', '--config', `yaml:${OPTIONAL}`], status: 0, stdout: '', stderr: '' },
  {
    args: ['validate', '--config', `yaml:${OPTIONAL}`, '--set', 'exporters.debug.verbosity=x'],
    status: 1,
    stdout: '',
    stderr: /^Error: --set exporters\.debug\.verbosity: exporters::debug::verbosity: unsupported value "x"/,
  },
  {
    args: ['--config', 'nofile.yaml'],
    status: 1,
    stdout: '',
    stderr: /unable to read the file file:nofile\.yaml: open nofile\.yaml: no such file or directory/,
  },
  {
    args: ['validate', '--config', `yaml:${OPTIONAL.replace('traces:', 'logs:')}`],
    status: 1,
    stdout: '',
    stderr: /failed to build pipelines: .*telemetry type is not supported/,
  },
])('sonde $args', ({ args, ...expected }) => {
  const result = sonde(...args);
  expect(result.status).toBe(expected.status);
  for (const stream of ['stdout', 'stderr'] as const) {
    if (typeof expected[stream] === 'string') expect(result[stream]).toBe(expected[stream]);
    else expect(result[stream]).toMatch(expected[stream]);
  }
});

test('components has the shape of the Collector’s', () => {
  const { stdout } = sonde('components');
  expect(stdout).toMatch(
    /^buildinfo:\n {4}command: sonde\n {4}description: .*\n {4}version: 1\.2\.3\nreceivers:\n {4}- name: ebpf_socket\n {6}module: .*\n {6}stability:\n {8}logs: Undefined\n {8}metrics: Alpha\n {8}traces: Alpha\n/,
  );
  expect(stdout).not.toContain('otlphttp');
});

gated(otelcolMissing)('components have the Collector’s names and stability', () => {
  const collector = parse(spawnSync(otelcolBinary, ['components'], { encoding: 'utf8' }).stdout) as Components;
  const own = parse(sonde('components').stdout) as Components;
  let compared = 0;
  for (const section of ['receivers', 'processors', 'exporters', 'connectors', 'extensions'] as const) {
    for (const { name, stability } of own[section]) {
      const theirs = collector[section].find((each) => each.name === name)?.stability;
      if (theirs === undefined) continue;
      compared++;
      const shared = Object.entries(stability).filter(([signals]) => !signals.includes('profiles'));
      expect({ name, stability: Object.fromEntries(shared) }).toEqual({ name, stability: theirs });
    }
  }
  expect(compared).toBeGreaterThanOrEqual(12);
});

describe('running', () => {
  const started: ChildProcess[] = [];
  afterAll(() => {
    for (const child of started) child.kill('SIGKILL');
  });

  function run(config: string): { child: ChildProcess; stderr: () => string; exit: Promise<number | null> } {
    const file = join(folder, `${started.length}.yaml`);
    writeFileSync(file, config);
    const child = spawn(process.execPath, [program, '--config', file]);
    started.push(child);
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    return { child, stderr: () => text, exit: new Promise((done) => child.on('close', done)) };
  }

  async function ready(stderr: () => string): Promise<void> {
    const end = performance.now() + 10_000;
    while (!stderr().includes('Everything is ready.')) {
      if (performance.now() > end) throw new Error(`not ready: ${stderr()}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('ready, then %s ends it with 0', async (signal) => {
    const { child, stderr, exit } = run(OPTIONAL);
    await ready(stderr);
    expect(stderr()).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\tinfo\t\S+\tEverything is ready\. Begin running and processing data\.$/m,
    );
    expect(stderr()).toContain('going on without it because of required: false');
    child.kill(signal);
    expect(await exit).toBe(0);
    expect(stderr()).toContain('Shutdown complete.');
  });

  test('a required receiver that cannot work ends the start with 1', async () => {
    const { stderr, exit } = run(OPTIONAL.replace('required: false', 'required: true'));
    expect(await exit).toBe(1);
    expect(stderr()).toMatch(
      /^Error: .*receivers::ebpf_socket: cannot start pipelines: failed to start "ebpf_socket" receiver: /m,
    );
    expect(stderr()).not.toContain('Everything is ready');
  });

  test('deprecated names and unused components are warned about', async () => {
    const exporters = 'exporters: {debug: , otlphttp: {endpoint: "http://localhost:1"}}';
    const { child, stderr, exit } = run(OPTIONAL.replace('exporters: {debug: }', exporters));
    await ready(stderr);
    expect(stderr()).toContain('"otlphttp" alias is deprecated; use "otlp_http" instead');
    expect(stderr()).toContain('exporter "otlphttp" is configured but no pipeline uses it');
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  test('an exporter module beside the configuration is found, whatever the working directory is', async () => {
    const home = join(folder, 'node_modules', 'own-exporter');
    mkdirSync(home, { recursive: true });
    const body = 'export(data, done) { done({ code: 0 }); } async shutdown() {}';
    writeFileSync(join(home, 'index.js'), `exports.Own = class { ${body} };`);
    const exporters = 'exporters: {debug: , sdk: {module: own-exporter, export: Own}}';
    const config = OPTIONAL.replace('exporters: {debug: }', exporters).replace(
      'exporters: [debug]',
      'exporters: [sdk]',
    );
    const { child, stderr, exit } = run(config);
    await ready(stderr);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  test('JSON log lines', async () => {
    const { child, stderr, exit } = run(`${OPTIONAL.trimEnd().slice(0, -1)}, telemetry: {logs: {encoding: json}}}\n`);
    await ready(stderr);
    for (const line of stderr().trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) });
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });
});
