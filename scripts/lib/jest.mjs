// One jest process per project, its result read from jest's own JSON.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { inRoot } from './root.mjs';
import { asRoot, isRoot, run } from './run.mjs';

const JEST = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];

/** A file that could not run at all has no tests in jest's counts, but it is a failure. */
function countsOf(report) {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  };
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
  const shell = ['-c', 'exec "$@" >/dev/null', 'jest', process.execPath, ...command];
  const keep = ['PATH', 'CI', 'HOME', 'SONDE_OTELCOL'].flatMap((name) =>
    process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`],
  );
  const result = needsRoot && !isRoot ? asRoot('env', [...keep, 'sh', ...shell]) : run('sh', shell);
  try {
    return countsOf(JSON.parse(readFileSync(output, 'utf8')));
  } catch (error) {
    console.log(`FAILED ${project}: jest ended with ${result.status} and left no result (${error.message})`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
