// Runs mutants of the bundle, one after another, each in modules of its own. Asked by the parent:
//   {bundle} → {durations, covered: mutant → tests, by their numbers; failed: names}    {mutant, tests} → {killer}
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
import fc from 'fast-check';
import { root } from '../lib/root.mjs';

const require = createRequire(`${root}/scripts/`);
const url = `file://${root}/test/wire/all.ts`;
/** In place of a test's number. */
const EVERY_TEST = -1;
let script;
fc.configureGlobal({ seed: 1, numRuns: 20 });

function load(mutant) {
  const module = { exports: {} };
  script.runInThisContext()(require, module, module.exports, mutant, url);
  return module.exports.collected();
}

async function baseline() {
  let reached = new Set();
  const tests = load((id) => {
    reached.add(id);
    return false;
  });
  const covered = {};
  const note = (test) => {
    for (const id of reached) {
      covered[id] ??= [];
      covered[id].push(test);
    }
    reached = new Set();
  };
  // What modules do when they are loaded concerns every test.
  note(EVERY_TEST);
  const durations = [];
  const failed = [];
  for (const [at, { name, run }] of tests.entries()) {
    const { user } = process.cpuUsage();
    await Promise.resolve()
      .then(run)
      .catch((error) => failed.push(`${name}: ${error.message}`));
    durations.push((process.cpuUsage().user - user) / 1e6);
    note(at);
  }
  return { durations, covered, failed };
}

/** The first test that fails, or undefined. */
async function killer(mutant, numbers) {
  try {
    const tests = load((id) => id === mutant);
    for (const at of numbers) {
      try {
        await tests[at].run();
      } catch {
        return tests[at].name;
      }
    }
  } catch {
    return 'while modules are loaded';
  }
}

process.on('message', async ({ bundle, mutant, tests }) => {
  if (bundle !== undefined) {
    const code = readFileSync(bundle, 'utf8');
    script = new Script(`(function(require, module, exports, __mutant, __url) {${code}\n})`, { filename: bundle });
  }
  process.send(mutant === undefined ? await baseline() : { killer: await killer(mutant, tests) });
});
process.on('disconnect', () => process.exit());
