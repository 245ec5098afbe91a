import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeStatus } from '../../../src/transport/rpc_status.ts';
import { httpPaths } from '../../../src/transport/signals.ts';
import { gatedGroup } from '../../support/gated.ts';
import { otelcolBinary, otelcolMissing } from '../../support/otelcol.ts';
import {
  type Answer,
  type FileReceiver,
  ownFileReceiver,
  type Request,
  referenceFileReceiver,
  send,
} from '../../support/otlp_receivers.ts';
import { until } from '../../support/until.ts';
import { spanFields, spanFieldsMeant, texts, textsMeant } from './json.cases.ts';
import { cases, type MatrixCase } from './matrix.cases.ts';
import { sentinel } from './sentinel.ts';

/** Status, type and google.rpc.Status code; texts may differ. */
function digest({ status, type, body }: Answer): unknown {
  let code: number | undefined;
  if (status >= 400 && type === 'application/x-protobuf') ({ code } = decodeStatus(body));
  if (status >= 400 && type === 'application/json') ({ code } = JSON.parse(body.toString()) as { code: number });
  return { status, type, ...(code === undefined ? {} : { code }) };
}

gatedGroup(otelcolMissing)('the same to the Collector and to Sonde', () => {
  let reference: FileReceiver;
  let own: FileReceiver;
  let sent = 4_100_000_000;
  beforeAll(async () => {
    [reference, own] = await Promise.all([referenceFileReceiver(otelcolBinary), ownFileReceiver()]);
  });
  afterAll(async () => {
    await Promise.all([reference.stop(), own.stop()]);
  });

  async function both({ signal, request, meant }: Omit<MatrixCase, 'name'>): Promise<void> {
    const before = { reference: reference.written(signal).length, own: own.written(signal).length };
    // One after the other: the Collector refuses a large body before it has read it, and half a second later resets the
    // connection. Until then this process must have read the answer, and not be busy with its own end; a machine that let
    // it wait for longer is asked again.
    const theirs = await send(reference.http, request).catch(() => send(reference.http, request));
    const ours = await send(own.http, request);
    const { reason: _, written, ...instead } = meant ?? { reason: '' };
    expect(digest(ours)).toMatchObject(meant === undefined ? (digest(theirs) as object) : instead);
    // A difference that is gone is to be taken off the list.
    if (meant !== undefined && written !== true) expect(digest(theirs)).not.toMatchObject(instead);
    // What was refused writes nothing, nor does a request without items: one that has some comes after it.
    const path = httpPaths[signal];
    const after = { path, headers: { 'content-type': 'application/x-protobuf' }, body: sentinel(signal, ++sent) };
    await Promise.all([send(reference.http, after), send(own.http, after)]);
    const arrived = (each: FileReceiver): boolean => each.written(signal).at(-1)?.includes(String(sent)) === true;
    await until(() => arrived(own) && arrived(reference), 'both to write');
    if (meant === undefined)
      expect(own.written(signal).slice(before.own)).toEqual(reference.written(signal).slice(before.reference));
  }

  test.each(cases)('$name', async (each) => both(each));

  const json = (text: string): Request => ({
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(text),
  });
  test.each(texts)('JSON %j', async (text) =>
    both({ signal: 'traces', request: json(text), ...meantOf(textsMeant, text) }),
  );
  test.each(spanFields)('span {%s}', async (fields) =>
    both({
      signal: 'traces',
      request: json(`{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`),
      ...meantOf(spanFieldsMeant, fields),
    }),
  );
});

function meantOf(table: ReadonlyMap<string, MatrixCase['meant']>, key: string): Pick<MatrixCase, 'meant'> {
  const meant = table.get(key);
  return meant === undefined ? {} : { meant };
}
