import { describe, expect, test } from '@jest/globals';
import { Batch } from '../../src/pdata/pdata.ts';
import { BatchProcessor } from '../../src/processors/batch/batch.ts';
import { ConsumeError } from '../../src/service/component.ts';
import { FanOut } from '../../src/service/fan_out.ts';
import { counted, testSettings } from '../support/settings.ts';

type Answer = 'taken' | 'later' | 'never' | 'fault';

/** Answers one after the other, the last for ever. */
class Exporter {
  got = 0;
  asked = 0;
  readonly #answers: readonly Answer[];

  constructor(...answers: readonly Answer[]) {
    this.#answers = answers;
  }

  consume = async (): Promise<void> => {
    const answer = this.#answers[Math.min(this.asked++, this.#answers.length - 1)];
    if (answer === 'fault') throw new TypeError('fault');
    if (answer !== 'taken') throw new ConsumeError(answer ?? '', { permanent: answer === 'never' });
    this.got++;
  };
}

const batch = (): Batch => new Batch('traces', [new Uint8Array(8)], 3);

async function answerOf(fanOut: FanOut, data: Batch): Promise<string> {
  try {
    await fanOut.consume(data);
    return 'taken';
  } catch (error) {
    return error instanceof ConsumeError && error.permanent ? 'never' : 'later';
  }
}

describe('the same batch again goes only to those who have not taken it', () => {
  test.each<{ readonly exporters: readonly Answer[][]; readonly answers: readonly Answer[]; readonly asked: number[] }>(
    [
      { exporters: [['taken'], ['taken']], answers: ['taken'], asked: [1, 1] },
      { exporters: [['taken'], ['later', 'later', 'taken']], answers: ['later', 'later', 'taken'], asked: [1, 3] },
      { exporters: [['later', 'taken'], ['taken']], answers: ['later', 'taken'], asked: [2, 1] },
      // That one refused it for good is told at last.
      { exporters: [['never'], ['later', 'taken']], answers: ['later', 'never'], asked: [1, 2] },
      { exporters: [['fault'], ['later', 'taken']], answers: ['later', 'never'], asked: [1, 2] },
      { exporters: [['never'], ['taken']], answers: ['never'], asked: [1, 1] },
      { exporters: [['later', 'never'], ['taken']], answers: ['later', 'never'], asked: [2, 1] },
    ],
  )('$exporters', async ({ exporters, answers, asked }) => {
    const all = exporters.map((each) => new Exporter(...each));
    const fanOut = new FanOut(all);
    const data = batch();
    const got: string[] = [];
    for (const _ of answers) got.push(await answerOf(fanOut, data));
    expect(got).toEqual(answers);
    expect(all.map((exporter) => exporter.asked)).toEqual(asked);
  });

  test('another batch goes to all', async () => {
    const [first, second] = [new Exporter('taken'), new Exporter('later', 'taken')];
    const fanOut = new FanOut([first, second]);
    expect(await answerOf(fanOut, batch())).toBe('later');
    expect(await answerOf(fanOut, batch())).toBe('taken');
    expect([first.got, second.got]).toEqual([2, 1]);
  });
});

test('behind the batch processor every exporter gets the data once, and what one refuses for good is counted', async () => {
  const settings = testSettings('batch');
  const [taking, slow, refusing] = [new Exporter('taken'), new Exporter('later', 'taken'), new Exporter('never')];
  const processor = new BatchProcessor(
    settings,
    { timeout: 1, send_batch_size: 1, send_batch_max_size: 0, metadata_keys: [], metadata_cardinality_limit: 1000 },
    new FanOut([taking, slow, refusing]),
  );
  await processor.start();
  await processor.consume(batch());
  await processor.shutdown(performance.now() + 5000);
  expect([taking.asked, slow.asked, refusing.asked]).toEqual([1, 2, 1]);
  expect([taking.got, slow.got]).toEqual([1, 1]);
  expect(counted(settings, 'sonde.processor.batch.dropped')).toBe(3);
});
