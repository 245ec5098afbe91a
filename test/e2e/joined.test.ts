import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clientArgs, knownAnswers } from '../support/known_answers.ts';
import { collect, Netns } from '../support/netns.ts';
import type { Span } from '../support/otlp.ts';
import { Sonde } from '../support/sonde.ts';
import { until } from '../support/until.ts';

/** Half of it before Sonde is there. */
const COUNT = 600;

/** Connections that were open, and had been used, before Sonde started. */
describe.each(knownAnswers)('$protocol, joined in the middle', (known) => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-joined-'));
  const go = join(directory, 'go');
  let netns: Netns;
  let clean: () => void = () => {};
  let spans: Span[] = [];

  beforeAll(async () => {
    netns = new Netns();
    clean = (await known.start(netns)).clean;
    const client = netns.spawn(known.client[0], clientArgs(known, COUNT, go));
    const output = collect(client);
    await until(() => output.stdout().includes('half'), 'the first half');
    const sonde = await Sonde.start(netns);
    writeFileSync(go, '');
    await until(() => client.exitCode !== null, 'the second half');
    await sleep(300);
    await sonde.stop();
    spans = sonde.spans();
    sonde.clean();
    expect([client.exitCode, output.stderr()]).toEqual([0, '']);
  });
  afterAll(async () => {
    await netns.delete();
    clean();
    rmSync(directory, { recursive: true, force: true });
  });

  const isPartial = ({ attributes }: Span): boolean => attributes['sonde.partial'] !== undefined;

  test.each(['server', 'client'] as const)('the %s end is told from then on, and nothing of it is wrong', (kind) => {
    const own = spans.filter((span) => span.kind === kind);
    // What a connection began with may show only that it is one of the protocol.
    expect(own.length).toBeGreaterThanOrEqual(COUNT / 2 - 4);
    expect(own.length).toBeLessThanOrEqual(COUNT / 2);
    const right = new Set(known.right.map((one) => JSON.stringify(one)));
    const wrong = own.filter((span) => !isPartial(span)).map((span) => JSON.stringify(known.said(span)));
    expect(wrong.filter((said) => !right.has(said))).toEqual([]);
    if (!known.remembers) expect(own.filter(isPartial).length).toBeLessThanOrEqual(4);
  });
});
