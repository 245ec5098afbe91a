import { expect, test } from '@jest/globals';
import { sidecarManifest } from '../support/manifest.ts';
import { read } from './read.ts';

const variable = /\$\{env:(\w+)\}/g;

test('the configuration in the Kubernetes manifest is one, of variables that the manifest sets', async () => {
  const { config, container } = sidecarManifest();
  const set = container.env.map(({ name }) => name);
  expect([...config.matchAll(variable)].filter(([, name = '']) => !set.includes(name))).toEqual([]);
  const filled = config.replaceAll(variable, (_, name: string) =>
    /ENDPOINT/.test(name) ? 'http://c:4318' : '10.0.0.1',
  );
  expect((await read([`yaml:${filled}`])).warnings).toEqual([]);
});
