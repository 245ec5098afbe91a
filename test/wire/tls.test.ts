import { describe, expect, test } from '@jest/globals';
import { EITHER, MORE, NO, REQUEST, RESPONSE } from '../../src/wire/decoder.ts';
import { createTls, TLS_REJECTS } from '../../src/wire/tls.ts';
import { cipherName } from '../../src/wire/tls_ciphers.ts';
import { alertName, versionName } from '../../src/wire/tls_names.ts';
import { bytesOf, Driver, lengthOf, type Step } from './driver.ts';
import { runWireCases } from './harness.ts';
import * as cases from './tls.cases.ts';

const all = [...cases.recordings, ...cases.hellos, ...cases.hostile, ...cases.losses];
const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('recordings', () => runWireCases(createTls, cases.recordings));
describe('hellos', () => runWireCases(createTls, cases.hellos));
describe('hostile', () => runWireCases(createTls, cases.hostile));
describe('losses', () => runWireCases(createTls, cases.losses));

function know(wire: cases.TlsCase, cuts: (step: number) => readonly number[]): Driver {
  const driver = new Driver(createTls(), { joined: wire.joined ?? false });
  wire.steps.forEach((step, at) => {
    driver.step(step, at + 1, cuts(at), at % 2 === 0);
  });
  return driver;
}

describe('what is known does not depend on how the bytes come', () => {
  test.each(all.map((wire) => [wire.name, wire] as const))('%s', (_, wire) => {
    const { tls } = know(wire, () => []).session;
    if (wire.tls === undefined) expect(tls).toBeUndefined();
    else expect(tls).toMatchObject(wire.tls);
    if (wire.whole === true) return;
    const text = JSON.stringify([tls, tls?.established]);
    const everyByte = know(wire, (at) => Array.from({ length: lengthOf(wire.steps[at] as Step) }, (_, byte) => byte));
    expect(JSON.stringify([everyByte.session.tls, everyByte.session.tls?.established])).toBe(text);
    wire.steps.forEach((step, split) => {
      for (let cut = 1; cut < Math.min(lengthOf(step), 700); cut += 3) {
        const { tls: again } = know(wire, (at) => (at === split ? [cut] : [])).session;
        if (JSON.stringify([again, again?.established]) !== text) expect([cut, again]).toEqual([cut, tls]);
      }
    });
  });
});

test('the handshake takes from the ClientHello to the last Finished', () => {
  const { tls } = know(cases.recordings[0] as cases.TlsCase, () => []).session;
  expect([tls?.start, tls?.end]).toEqual([10e6, 40e6]);
});

test('of the payload not a byte is taken', () => {
  for (const wire of cases.recordings) {
    const driver = know(wire, () => []);
    const before = driver.pendingBytes;
    expect(driver.session.opaque).toBe(true);
    expect(driver.session.data(0, bytesOf('x'.repeat(99)), 0, 99, 1, true, true)).toBe(99);
    expect(driver.pendingBytes).toBe(before);
  }
});

test('a server that is seen before its client waits for it', () => {
  const [client, server, last] = (cases.hellos[0] as cases.TlsCase).steps as Step[];
  const driver = new Driver(createTls());
  driver.step(server as Step, 1);
  expect(driver.session.tls).toBeUndefined();
  driver.step(client as Step, 2);
  driver.step(last as Step, 3);
  expect(driver.session.tls).toMatchObject({ established: true, serverName: 'shop.example', version: '1.3' });
});

test('every reject is reached', () => {
  expect(new Set(all.flatMap((wire) => Object.keys(wire.rejects ?? {})))).toEqual(new Set(TLS_REJECTS));
});

test.each([
  ['', MORE],
  ['\x16', MORE],
  ['\x16\x03\x01\x02', MORE],
  ['\x16\x03\x01\x02\0\x01\0', MORE],
  ['\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', REQUEST],
  ['\x16\x03\x03\0\x7a\x02\0\0\x76\x03\x03', RESPONSE],
  ['\x16\x03\x01\0\x01\x01\x16', REQUEST],
  ['\x16\x03\x03\0\x7a\x0b\0\0\x76\x03\x03', NO],
  ['\x16\x03\x01\x02\0\x01\x01\x01\xfc\x03\x03', NO],
  ['\x16\x02', NO],
  ['\x16\x03\x09\0\x20', NO],
  ['\x15\x03\x03\0\x02\x02\x28', EITHER],
  ['\x15\x03\x03\0\x02\x09\x28', NO],
  ['\x15\x03\x03\0\x20', NO],
  ['\x17\x03\x03\x01\0', EITHER],
  ['\x17\x03\x03\0\x01x\x17\x03\x03\0\x10', EITHER],
  ['\x17\x03\x03\0\x01xabcdefgh', NO],
  ['\x80', MORE],
  ['\x80\x2e\x01\0\x02\0\x15\0\0\0\x10', REQUEST],
  ['\x80\x2e\x01\0\x02\0\x16\0\0\0\x10', NO],
  ['\x80\x2e\x02', NO],
  ['GET / HTTP/1.1\r\n', NO],
])('detection of %j', (text, expected) => {
  expect(createTls().detect(latin1(`#${text}#`), 1, text.length + 1)).toBe(expected);
});

test('names', () => {
  expect([0x0300, 0x0304, 0x7f1c].map(versionName)).toEqual(['3', '1.3', '']);
  expect([40, 255].map(alertName)).toEqual(['handshake_failure', 'unknown']);
  expect([0x1301, 0xcca8, 0x0a0a].map(cipherName)).toEqual([
    'TLS_AES_128_GCM_SHA256',
    'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    '',
  ]);
});
