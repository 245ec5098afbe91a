import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { FeatureGates } from '../../src/config/feature_gates.ts';
import { load } from '../../src/config/load.ts';
import { checkReferences } from '../../src/config/references.ts';
import { decodeService } from '../../src/config/service_config.ts';
import { registry } from '../../src/registry.ts';
import { Graph } from '../../src/service/graph.ts';
import { gated } from '../support/gated.ts';
import { otelcolMissing } from '../support/otelcol.ts';
import { collectorVerdicts, type Verdict } from '../support/otelcol_validate.ts';
import { type MatrixCase, matrix, matrixEnv } from './matrix.cases.ts';
import { deviations } from './matrix.deviations.ts';

/** What the reference Collector said of each case, recorded by this test with SONDE_OTELCOL and SONDE_RECORD=1. */
const FIXTURE = 'test/fixtures/config/verdicts.json';
const recorded: Readonly<Record<string, Verdict>> = existsSync(FIXTURE)
  ? JSON.parse(readFileSync(FIXTURE, 'utf8'))
  : {};

/** As `sonde validate`. Undefined: accepted. */
async function sonde({ config, set, gates: list }: MatrixCase): Promise<string | undefined> {
  try {
    const gates = new FeatureGates();
    const problem = list === undefined ? undefined : gates.set(list);
    if (problem !== undefined) return problem;
    const append = gates.has('confmap.enableMergeAppendOption');
    const tree = load({ uris: config, sets: set ?? [], env: matrixEnv, warn: () => undefined, append });
    const decoded = await decodeService(tree, registry);
    checkReferences(decoded, gates);
    new Graph(decoded).plan();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Key paths are written `a::b` by Sonde, `a.b` in some messages of the Collector. */
const plain = (text: string): string => text.replaceAll(/\[(\w+)\]/g, '$1').replaceAll('::', '.');

test('there are enough cases, each with its own name', () => {
  expect(matrix.length).toBeGreaterThanOrEqual(150);
  expect(new Set(matrix.map(({ name }) => name)).size).toBe(matrix.length);
});

test.each(matrix)('$name', async (each) => {
  const verdict = recorded[each.name];
  const message = await sonde(each);
  const deviation = deviations[each.name];
  if (deviation !== undefined) {
    // A difference that is meant: it must be there, or the list is out of date.
    expect(message === undefined).not.toBe(verdict?.accepted);
    return;
  }
  expect({ accepted: message === undefined, message }).toEqual({
    accepted: verdict?.accepted,
    message: verdict?.accepted === true ? undefined : expect.any(String),
  });
  if (message === undefined) return;
  for (const name of each.names ?? []) {
    expect(plain(message)).toContain(plain(name));
    expect(plain(verdict?.message ?? '')).toContain(plain(name));
  }
});

/**
 * The Collector lists the types that it knows, and what is wrong at the same place, in the random order of Go's maps; of
 * two ids that are the same it names one or the other.
 */
function ordered(verdicts: Readonly<Record<string, Verdict>>): Record<string, Verdict> {
  const sorted = (message: string): string =>
    message
      .replace('duplicate name "batch /x"', 'duplicate name "batch/x"')
      .replace(/(?<=\(valid values: \[)[^\]]*/g, (values) => values.split(' ').sort().join(' '))
      .split('\n')
      .sort()
      .join('\n');
  return Object.fromEntries(
    Object.entries(verdicts).map(([name, verdict]) => [name, { ...verdict, message: sorted(verdict.message) }]),
  );
}

test('every case has its recorded verdict', () => {
  expect(Object.keys(recorded).sort()).toEqual(matrix.map(({ name }) => name).sort());
});

gated(otelcolMissing)('the recorded verdicts are the Collector’s', async () => {
  const verdicts = await collectorVerdicts(matrix, matrixEnv);
  if (process.env['SONDE_RECORD'] === '1') writeFileSync(FIXTURE, `${JSON.stringify(verdicts, undefined, 2)}\n`);
  expect(ordered(verdicts)).toEqual(ordered(recorded));
});
