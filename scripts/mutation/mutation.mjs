// The share of mutants of src/wire that its tests notice. All sources with a random sample of mutants are one bundle together with the tests;
// for each mutant only the tests run that reach it, the fastest first, until one fails. Mutants that are not reached count as survivors.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { inRoot, root } from '../lib/root.mjs';
import { mutantsOf, withMutants } from './mutants.mjs';
import { Runner } from './runner.mjs';

const SOURCES = 'src/wire';
/** Beside those in test/wire: what is told of a connection as a whole, and who goes on with it. */
const TESTS = ['detection', 'session_source', 'whole_connections', 'tap'].map((name) => `./test/tap/${name}.test.ts`);
const BUNDLE = inRoot('build', 'mutation', 'tests.cjs');
const SURVIVORS = inRoot('build', 'mutation', 'survivors.json');
const EVERY_TEST = -1;
/** CPU seconds that one mutant's tests may take beyond what they take without it. */
const PATIENCE = 5;

/** mulberry32 */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function sample(list, count, seed) {
  const roll = random(seed);
  const rest = [...list];
  for (let at = 0; at < Math.min(count, rest.length); at++) {
    const other = at + Math.floor(roll() * (rest.length - at));
    [rest[at], rest[other]] = [rest[other], rest[at]];
  }
  return rest.slice(0, count);
}

const short = (text) => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
};
const nameOf = ({ file, line, from, to }) =>
  `${file}:${line}: ${short(from)} → ${to === undefined ? 'left out' : short(to)}`;

function allMutants(files) {
  return readdirSync(inRoot(SOURCES))
    .filter((file) => file.endsWith('.ts') && files.test(file))
    .flatMap((name) => {
      const file = `${SOURCES}/${name}`;
      return mutantsOf(readFileSync(inRoot(file), 'utf8')).map((one) => ({ ...one, file }));
    });
}

async function bundle(mutants) {
  const tests = readdirSync(inRoot('test', 'wire')).filter((file) => file.endsWith('.test.ts'));
  const entries = [...tests.map((file) => `./test/wire/${file}`), ...TESTS];
  const globals = inRoot('scripts', 'mutation', 'globals.mjs');
  await build({
    stdin: {
      contents: [
        ...entries.map((file, at) => `import '${file}';\nimport 'end-of-file-${at}';`),
        `export { collected } from '${globals}';`,
      ].join('\n'),
      resolveDir: root,
    },
    outfile: BUNDLE,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    alias: { '@jest/globals': globals },
    define: { 'import.meta.url': '__url' },
    external: ['expect', 'fast-check', '*.node'],
    plugins: [
      {
        name: 'mutants',
        setup({ onLoad, onResolve }) {
          onResolve({ filter: /^end-of-file-/ }, ({ path }) => ({ path, namespace: 'end' }));
          onLoad({ filter: /./, namespace: 'end' }, () => ({
            contents: `import { endOfFile } from '${globals}';\nendOfFile();`,
            resolveDir: root,
          }));
          onLoad({ filter: /\/src\/wire\/[^/]+\.ts$/ }, ({ path }) => {
            const own = mutants.filter(({ file }) => path === inRoot(file));
            return { contents: withMutants(readFileSync(path, 'utf8'), own), loader: 'ts' };
          });
        },
      },
    ],
  });
}

/** Numbers of the fastest tests that reach it, and what they take, up to `budget` seconds. */
function testsOf(id, { covered, durations }, budget) {
  const own = covered[id] ?? [];
  const numbers = own.includes(EVERY_TEST) ? durations.map((_, at) => at) : [...own];
  const tests = [];
  let seconds = 0;
  for (const at of numbers.sort((a, b) => durations[a] - durations[b])) {
    seconds += durations[at];
    if (seconds > budget && tests.length > 0) break;
    tests.push(at);
  }
  return { tests, seconds };
}

async function outcomeOf(mutant, runner, baseline, budget) {
  const { tests, seconds } = testsOf(mutant.id, baseline, budget);
  if (tests.length === 0) return 'not reached';
  const { killer, timeout, crashed } = await runner.run(mutant.id, tests, seconds * 2 + PATIENCE);
  return timeout === true ? 'timeout' : killer !== undefined || crashed === true ? 'killed' : 'survived';
}

async function outcomesOf(mutants, baseline, { jobs, budget }) {
  const results = [];
  const rest = mutants.values();
  const work = async () => {
    const runner = new Runner(BUNDLE);
    for (const mutant of rest) {
      const outcome = await outcomeOf(mutant, runner, baseline, budget);
      results.push({ ...mutant, outcome });
      if (!noticed(outcome)) console.log(`${outcome}  ${nameOf(mutant)}`);
      if (results.length % 50 === 0) console.error(`${results.length} mutants`);
    }
    runner.close();
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

const noticed = (outcome) => outcome === 'killed' || outcome === 'timeout';

function table(results) {
  const rows = new Map();
  for (const { file, outcome } of results) {
    for (const name of [file, 'all']) {
      const row = rows.get(name) ?? { mutants: 0, killed: 0, timeout: 0, survived: 0, 'not reached': 0 };
      row.mutants++;
      row[outcome]++;
      rows.set(name, row);
    }
  }
  for (const row of rows.values()) row['score %'] = Math.round(((row.killed + row.timeout) / row.mutants) * 1000) / 10;
  return Object.fromEntries([...rows].sort(([a], [b]) => (a === 'all' ? 1 : b === 'all' ? -1 : a < b ? -1 : 1)));
}

export async function mutation({ mutants: count, seed, files, again, jobs, budget }) {
  mkdirSync(inRoot('build', 'mutation'), { recursive: true });
  const every = allMutants(new RegExp(files));
  const before = again ? new Set(JSON.parse(readFileSync(SURVIVORS, 'utf8'))) : undefined;
  const chosen = again ? every.filter((one) => before.has(nameOf(one))) : sample(every, count, seed);
  const mutants = chosen.map((one, at) => ({ ...one, id: at + 1 }));
  await bundle(mutants);
  const runner = new Runner(BUNDLE);
  const baseline = await runner.baseline();
  runner.close();
  if (baseline.failed?.length !== 0) throw new Error(`without a mutant: ${baseline.failed?.join('\n') ?? 'crashed'}`);
  console.error(`${mutants.length} of ${every.length} mutants, seed ${seed}, ${baseline.durations.length} tests`);
  const results = await outcomesOf(mutants, baseline, { jobs, budget });
  writeFileSync(SURVIVORS, JSON.stringify(results.filter(({ outcome }) => !noticed(outcome)).map(nameOf)));
  const rows = table(results);
  console.table(rows);
  const { all } = rows;
  const share = all['score %'] / 100;
  const plusMinus = Math.round(1960 * Math.sqrt((share * (1 - share)) / all.mutants)) / 10;
  return { ...all, of: every.length, seed, plusMinus };
}
