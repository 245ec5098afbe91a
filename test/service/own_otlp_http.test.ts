import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { HttpSender } from '../../src/service/own_otlp_http.ts';
import { OtlpSink, status } from '../support/otlp_sink.ts';

let sink: OtlpSink;
let url: URL;
beforeEach(async () => {
  sink = new OtlpSink();
  const address = new URL(await sink.listen());
  url = new URL(`http://user:secret@${address.host}/v1/metrics?key=secret`);
});
afterEach(async () => sink.close());

async function failure(): Promise<string> {
  const sender = new HttpSender({ url, contentType: 'application/x-protobuf', gzip: false, headers: {}, tls: {} });
  const sent = sender.send(new Uint8Array(1), new AbortController().signal);
  return sent
    .then(
      () => 'sent',
      (error: Error) => error.message,
    )
    .finally(() => sender.close());
}

test('a failure names the upstream without what is secret in its URL', async () => {
  sink.answers = [status(400)];
  expect(await failure()).toBe(`${url.origin}/v1/metrics answered 400`);
  expect(sink.received[0]?.path).toBe('/v1/metrics?key=secret');
  await sink.close();
  const refused = await failure();
  expect(refused).toMatch(`${url.origin}/v1/metrics: `);
  expect(refused).not.toContain('secret');
  await sink.listen();
});
