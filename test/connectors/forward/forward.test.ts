import { expect, test } from '@jest/globals';
import { factory } from '../../../src/connectors/forward/factory.ts';
import { Batch, signals } from '../../../src/pdata/pdata.ts';
import { ConsumeError } from '../../../src/service/component.ts';
import { testSettings } from '../../support/settings.ts';

test('takes and gives each signal, and nothing else', () => {
  expect(factory.pairs.map(({ from, to }) => [from, to])).toEqual(signals.map((signal) => [signal, signal]));
});

test('gives the same batch on; what the next one says is said', async () => {
  const batch = new Batch('traces', [new Uint8Array(1)], 1);
  const got: Batch[] = [];
  let refusal: Error | undefined;
  const next = {
    consume: async (each: Batch) => {
      if (refusal !== undefined) throw refusal;
      got.push(each);
    },
  };
  const forward = await factory.create(testSettings('forward'), {}, 'traces', 'traces', next);
  await forward.start();
  await forward.consume(batch);
  expect(got).toEqual([batch]);
  refusal = new ConsumeError('full', { permanent: false });
  await expect(forward.consume(batch)).rejects.toBe(refusal);
  await forward.shutdown(0);
});
