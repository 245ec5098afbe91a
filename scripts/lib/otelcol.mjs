// The reference Collector: $SONDE_OTELCOL, or built once from Go modules into a cache directory.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { inRoot } from './root.mjs';
import { must, run, step } from './run.mjs';

const GO_MINIMUM = [1, 25];
// Two cores need four minutes; beyond this the tests go on without it.
const BUILD_SECONDS = 720;

const manifest = inRoot('scripts', 'otelcol', 'builder.yaml');

export function otelcolPath() {
  const hash = createHash('sha256').update(readFileSync(manifest)).digest('hex').slice(0, 12);
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return process.env.SONDE_OTELCOL ?? join(cache, 'sonde', 'otelcol', hash, 'otelcol');
}

function hasGo() {
  const version = run('go', ['env', 'GOVERSION'], { capture: true }).stdout;
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version)?.map(Number) ?? [];
  return major > GO_MINIMUM[0] || (major === GO_MINIMUM[0] && minor >= GO_MINIMUM[1]);
}

function build(target) {
  const directory = join(target, '..');
  const source = join(directory, 'src');
  mkdirSync(directory, { recursive: true });
  const text = readFileSync(manifest, 'utf8');
  const version = /^ {2}version: (\S+)/m.exec(text)?.[1];
  const ownManifest = join(directory, 'builder.yaml');
  writeFileSync(ownManifest, text.replace(/^dist:/m, `dist:\n  output_path: ${source}`));
  const env = { CGO_ENABLED: '0', GOFLAGS: '-trimpath', GOBIN: directory };
  const quick = (command, args) => must('timeout', [String(BUILD_SECONDS), command, ...args], { capture: true, env });
  quick('go', ['install', '-ldflags=-s -w', `go.opentelemetry.io/collector/cmd/builder@v${version}`]);
  quick(join(directory, 'builder'), ['--config', ownManifest, '--ldflags=-s -w']);
  renameSync(join(source, 'otelcol'), target);
}

/** Sets SONDE_OTELCOL for the tests; leaves it unset, saying why, where there can be none. */
export async function prepareOtelcol() {
  const path = otelcolPath();
  if (!existsSync(path)) {
    if (!hasGo()) {
      console.log(`no reference Collector: building it needs Go ${GO_MINIMUM.join('.')} or later`);
      return;
    }
    try {
      await step('building the reference Collector (minutes, once)', () => build(path));
    } catch (error) {
      console.log(`no reference Collector: ${error.message}`);
      return;
    }
  }
  process.env.SONDE_OTELCOL = path;
}

if (import.meta.url === `file://${process.argv[1]}`) {
  await prepareOtelcol();
  console.log(process.env.SONDE_OTELCOL ?? '');
}
