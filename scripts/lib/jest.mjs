// One jest process per project, its result read from jest's own JSON.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { inRoot, root } from './root.mjs';
import { asRoot, isRoot, run } from './run.mjs';

const JEST = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];

/** A file that could not run at all has no tests in jest's counts, but it is a failure. */
function countsOf(report) {
  const bare = tellSkipped(report);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites + bare,
    skipped: report.numPendingTests + report.numTodoTests - bare,
  };
}

/** What a test left running must not keep the whole run waiting. */
const LIMIT_SECONDS = 1800;

/** test/support/gated.ts puts the reason into the name. Says each once for a file; one without a reason is a failure. */
function tellSkipped({ testResults }) {
  const told = new Map();
  let bare = 0;
  for (const { name, assertionResults } of testResults) {
    for (const { status, fullName } of assertionResults) {
      if (status !== 'pending' && status !== 'todo') continue;
      const reason = /\(skipped: (.*)\)/s.exec(fullName)?.[1];
      if (reason === undefined) {
        bare++;
        console.log(`FAILED ${relative(root, name)}: skipped without a reason: ${fullName}`);
      } else {
        const line = `of ${relative(root, name)}: ${reason}`;
        told.set(line, (told.get(line) ?? 0) + 1);
      }
    }
  }
  for (const [line, count] of told) console.log(`SKIPPED ${count} ${line}`);
  return bare;
}

function listTests(project) {
  const { stdout } = run(process.execPath, [...JEST, '--selectProjects', project, '--listTests'], { capture: true });
  return stdout.split('\n').filter((line) => line.endsWith('.test.ts'));
}

export function jest(project, { root: needsRoot = false, args = [] } = {}) {
  if (needsRoot && !isRoot && !asRoot('true', []).ok) {
    const files = listTests(project);
    for (const file of files) {
      console.log(`SKIPPED ${file}: needs root, and sudo -n refused`);
    }
    return { passed: 0, failed: 0, skipped: files.length };
  }
  const output = inRoot('build', 'test-results', `${project}.json`);
  mkdirSync(inRoot('build', 'test-results'), { recursive: true });
  rmSync(output, { force: true });
  const command = [...JEST, '--selectProjects', project, '--json', `--outputFile=${output}`, ...args];
  // jest prints its JSON on stdout too; its readable report goes to stderr.
  const bounded = ['timeout', '--foreground', '--kill-after=10', String(LIMIT_SECONDS), process.execPath, ...command];
  const shell = ['-c', 'exec "$@" >/dev/null', 'jest', ...bounded];
  const keep = ['PATH', 'CI', 'HOME', 'SONDE_OTELCOL'].flatMap((name) =>
    process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`],
  );
  const result = needsRoot && !isRoot ? asRoot('env', [...keep, 'sh', ...shell]) : run('sh', shell);
  try {
    const counts = countsOf(JSON.parse(readFileSync(output, 'utf8')));
    if (result.ok || counts.failed > 0) return counts;
    // Something that a test left running kept it from ending, or it broke after the last test.
    console.log(`FAILED ${project}: jest ended with ${result.status} though no test failed`);
    return { ...counts, failed: 1 };
  } catch (error) {
    console.log(`FAILED ${project}: jest ended with ${result.status} and left no result (${error.message})`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
