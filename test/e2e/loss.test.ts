import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clientArgs, knownAnswers } from '../support/known_answers.ts';
import { Netns } from '../support/netns.ts';
import type { Point, Span } from '../support/otlp.ts';
import { Sonde } from '../support/sonde.ts';

const COUNT = 3000;
const KINDS = ['server', 'client'] as const;

describe.each(knownAnswers)('$protocol, one data record in a hundred lost', (known) => {
  let netns: Netns;
  let clean: () => void = () => {};
  let spans: Span[] = [];
  let points: Point[] = [];

  const value = (metric: string, outcome?: string): number =>
    points
      .filter((point) => point.metric === metric && (outcome === undefined || point.attributes['outcome'] === outcome))
      .reduce((sum, point) => sum + (point.value ?? 0), 0);
  const isPartial = ({ attributes }: Span): boolean => attributes['sonde.partial'] !== undefined;
  const of = (kind: Span['kind']): Span[] => spans.filter((span) => span.kind === kind);

  beforeAll(async () => {
    netns = new Netns();
    clean = (await known.start(netns)).clean;
    const sonde = await Sonde.start(netns, { env: { SONDE_LOSE_RECORDS: '0.01' } });
    const { code, stderr } = await netns.run(known.client[0], clientArgs(known, COUNT));
    await sleep(300);
    await sonde.stop();
    spans = sonde.spans();
    points = sonde.points();
    sonde.clean();
    expect([code, stderr]).toEqual([0, '']);
  });
  afterAll(async () => {
    await netns.delete();
    clean();
  });

  test('the ledger says so', () => {
    const lost = value('sonde.tap.operations', 'dropped');
    expect(lost).toBeGreaterThan(10);
    expect(value('sonde.tap.gaps')).toBeGreaterThan(0);
    const told = value('sonde.tap.messages');
    expect(value('sonde.tap.messages', 'emitted') + value('sonde.tap.messages', 'metrics_only')).toBe(told);
  });

  test.each(KINDS)('no %s span is wrong', (kind) => {
    const right = new Set(known.right.map((one) => JSON.stringify(one)));
    const wrong = of(kind)
      .filter((span) => !isPartial(span))
      .map((span) => JSON.stringify(known.said(span)))
      .filter((said) => !right.has(said));
    expect(wrong).toEqual([]);
  });

  test('a loss costs what was in it, and no more than a message beside it', () => {
    const lost = value('sonde.tap.operations', 'dropped');
    const hurt = known.remembers ? 0 : spans.filter(isPartial).length;
    const missing = 2 * COUNT - spans.length;
    expect(missing + hurt).toBeGreaterThan(0);
    expect(missing + hurt).toBeLessThanOrEqual(2 * known.together * lost);
  });
});
