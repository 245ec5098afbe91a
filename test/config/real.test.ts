import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { load } from '../../src/config/load.ts';
import { checkReferences } from '../../src/config/references.ts';
import { decodeService } from '../../src/config/service_config.ts';
import { registry } from '../../src/registry.ts';
import { Graph } from '../../src/service/graph.ts';
import { collectorVerdicts } from '../support/otelcol_validate.ts';

const FOLDER = 'test/fixtures/config/real';
const env = { MY_POD_IP: '10.0.0.5' };
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
/** Components that Sonde has not, which is what the error must say. */
const missing: Readonly<Record<string, readonly string[]>> = {
  'helm_chart_full.yaml': ['jaeger', 'prometheus', 'zipkin'],
};

async function problems(name: string): Promise<string[]> {
  try {
    const tree = load({ uris: [join(FOLDER, name)], sets: [], env, warn: () => undefined });
    const config = await decodeService(tree, registry);
    checkReferences(config);
    new Graph(config).plan();
    return [];
  } catch (error) {
    return (error as Error).message.split('\n');
  }
}

describe('configurations from the Collector’s documentation, chart and operator', () => {
  test.each(files)('%s', async (name) => {
    expect(await problems(name)).toEqual(
      (missing[name] ?? []).map((type) =>
        expect.stringMatching(
          new RegExp(
            `^${FOLDER}/${name}:\\d+:3: receivers: unknown type: "${type}" for id: "${type}" \\(valid values: `,
          ),
        ),
      ),
    );
  });

  test('the Collector takes them too', async () => {
    const cases = files
      .filter((name) => missing[name] === undefined)
      .map((name) => ({ name, config: [join(FOLDER, name)] }));
    const verdicts = await collectorVerdicts(cases, { ...env, HOME: '/tmp' });
    for (const [name, { message }] of Object.entries(verdicts ?? {})) expect(`${name}: ${message}`).toBe(`${name}: `);
    expect(cases.length).toBeGreaterThan(4);
  });
});
