import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { SCHEMA_URL } from '../../../src/pdata/otlp/schema_url.ts';

test('names the conventions that package.json pins', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const version = dependencies['@opentelemetry/semantic-conventions'];
  expect(SCHEMA_URL).toBe(`https://opentelemetry.io/schemas/${version}`);
});
