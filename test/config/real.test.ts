import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { load } from '../../src/config/load.ts';
import { checkReferences } from '../../src/config/references.ts';
import { decodeService } from '../../src/config/service_config.ts';
import { registry } from '../../src/registry.ts';
import { Graph } from '../../src/service/graph.ts';
import { gated } from '../support/gated.ts';
import { otelcolMissing } from '../support/otelcol.ts';
import { collectorVerdicts } from '../support/otelcol_validate.ts';

const FOLDER = 'test/fixtures/config/real';
const env = {
  MY_POD_IP: '10.0.0.5',
  API_TOKEN: 'secret',
  OTEL_K8S_NODE_NAME: 'node-1',
  OTEL_K8S_NAMESPACE: 'default',
  OTEL_K8S_NODE_IP: '10.0.0.1',
  OTEL_K8S_POD_NAME: 'shop-1',
};
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
/** Components that Sonde has not, as section and id, which is what the error must say. */
const missing: Readonly<Record<string, readonly string[]>> = {
  'helm_chart_full.yaml': ['receivers: jaeger', 'receivers: prometheus', 'receivers: zipkin'],
  'chart_config_with_kubernetes.yaml': [
    'receivers: filelog',
    'receivers: hostmetrics',
    'receivers: kubeletstats',
    'processors: k8sattributes',
    'processors: resourcedetection',
    'extensions: k8s_leader_elector/default',
  ],
  'local_example.yaml': ['extensions: pprof', 'extensions: zpages'],
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
    const known = (missing[name] ?? []).map((each) => {
      const [section = '', id = ''] = each.split(': ');
      const [type = ''] = id.split('/');
      return expect.stringMatching(
        new RegExp(
          `^${FOLDER}/${name}:\\d+:3: ${section}: unknown type: "${type}" for id: "${id}" \\(valid values: .*remove it\\)$`,
        ),
      );
    });
    expect(await problems(name)).toEqual(known);
  });

  gated(otelcolMissing)('the Collector takes them too', async () => {
    const cases = files
      .filter((name) => missing[name] === undefined)
      .map((name) => ({ name, config: [join(FOLDER, name)] }));
    const verdicts = await collectorVerdicts(cases, { ...env, HOME: '/tmp' });
    for (const [name, { message }] of Object.entries(verdicts)) expect(`${name}: ${message}`).toBe(`${name}: `);
    expect(cases.length).toBeGreaterThanOrEqual(12);
  });
});
