/**
 * ClientHello and ServerHello (RFC 8446 section 4.1, RFC 5246 section 7.4.1), without the four bytes in front:
 *
 *   client = version random session_id<1> cipher_suites<2> compression_methods<1> [ extensions<2> ]
 *   server = version random session_id<1> cipher_suite compression_method [ extensions<2> ]
 */
import { asciiText, byteAt, isDigit } from './bytes.ts';
import { cipherName } from './tls_ciphers.ts';
import type { TlsHandshake } from './tls_handshake.ts';
import { versionName } from './tls_names.ts';

/** https://www.iana.org/assignments/tls-extensiontype-values */
const SERVER_NAME = 0;
const ALPN = 16;
const PRE_SHARED_KEY = 41;
const EARLY_DATA = 42;
const SUPPORTED_VERSIONS = 43;
const ENCRYPTED_CLIENT_HELLO = 0xfe0d;
/** Those that one hello may have; more are no TLS. */
const MAX_EXTENSIONS = 128;
/** ALPN names that are remembered, and their longest. */
const MAX_OFFERED = 8;
const MAX_PROTOCOL = 32;
const MAX_SERVER_NAME = 253;
/** SHA-256 of `HelloRetryRequest`: the ServerHello that asks for another ClientHello. RFC 8446 section 4.1.3. */
const RETRY = Uint8Array.from(Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex'));

export const int16 = (bytes: Uint8Array, at: number): number => (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
export const int24 = (bytes: Uint8Array, at: number): number => (byteAt(bytes, at) << 16) | int16(bytes, at + 1);

type OnExtension = (type: number, start: number, end: number) => boolean;

/** False: this is no ClientHello. */
export function readClientHello(bytes: Uint8Array, start: number, end: number, into: TlsHandshake): boolean {
  let at = afterSessionId(bytes, start, end);
  if (at < 0 || at + 2 > end) return false;
  at += 2 + int16(bytes, at);
  if (at >= end) return false;
  at += 1 + byteAt(bytes, at);
  const whole = eachExtension(bytes, at, end, (type, from, to) => {
    if (type === SERVER_NAME) return readServerName(bytes, from, to, into);
    if (type === ALPN) return readProtocols(bytes, from, to, into.offered);
    if (type === EARLY_DATA) into.earlyData = true;
    // An inner hello never travels in sight: what is seen is the outer one, or a decoy of it.
    if (type === ENCRYPTED_CLIENT_HELLO) into.encryptedHello = true;
    return true;
  });
  if (into.encryptedHello) into.serverName = '';
  return whole;
}

/** 'retry': the server wants another ClientHello, and nothing is decided. */
export function readServerHello(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: TlsHandshake,
): 'hello' | 'retry' | 'malformed' {
  const at = afterSessionId(bytes, start, end);
  if (at < 0 || at + 3 > end) return 'malformed';
  if (isRetry(bytes, start + 2)) return 'retry';
  let version = int16(bytes, start);
  let resumed = false;
  const chosen: string[] = [];
  const whole = eachExtension(bytes, at + 3, end, (type, from, to) => {
    if (type === SUPPORTED_VERSIONS && to - from === 2) version = int16(bytes, from);
    if (type === PRE_SHARED_KEY) resumed = true;
    return type !== ALPN || readProtocols(bytes, from, to, chosen);
  });
  into.version = versionName(version);
  if (!whole || into.version === '') return 'malformed';
  into.cipher = cipherName(int16(bytes, at));
  into.nextProtocol = chosen[0] ?? '';
  if (into.version === '1.3') into.resumed = resumed;
  return 'hello';
}

/** Behind version, random and session_id; -1: too short. */
function afterSessionId(bytes: Uint8Array, start: number, end: number): number {
  const id = start + 34;
  if (id >= end || byteAt(bytes, start) !== 3) return -1;
  const length = byteAt(bytes, id);
  return length > 32 ? -1 : id + 1 + length;
}

function isRetry(bytes: Uint8Array, at: number): boolean {
  return RETRY.every((byte, index) => byteAt(bytes, at + index) === byte);
}

/** TLS 1.0 may do without extensions. False: lengths do not fit, or `each` said so. */
function eachExtension(bytes: Uint8Array, start: number, end: number, each: OnExtension): boolean {
  if (start === end) return true;
  if (start + 2 > end || start + 2 + int16(bytes, start) !== end) return false;
  let at = start + 2;
  for (let count = 0; at < end; count++) {
    if (count === MAX_EXTENSIONS || at + 4 > end) return false;
    const from = at + 4;
    at = from + int16(bytes, at + 2);
    if (at > end || !each(int16(bytes, from - 4), from, at)) return false;
  }
  return true;
}

/** A list with one name of type 0 (RFC 6066 section 3). The server's is empty. */
function readServerName(bytes: Uint8Array, start: number, end: number, into: TlsHandshake): boolean {
  if (start + 5 > end || start + 2 + int16(bytes, start) !== end || byteAt(bytes, start + 2) !== 0) return false;
  const from = start + 5;
  const to = from + int16(bytes, start + 3);
  if (to > end || to === from || to - from > MAX_SERVER_NAME) return false;
  for (let at = from; at < to; at++) if (!isNameByte(byteAt(bytes, at))) return false;
  into.serverName = asciiText(bytes, from, to).toLowerCase();
  return true;
}

/** What stands in host names; `_` does in practice. */
function isNameByte(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || isDigit(byte) || byte === 0x2d || byte === 0x2e || byte === 0x5f;
}

/** ProtocolNameList (RFC 7301 section 3.1). Names that are not printable are GREASE (RFC 8701) and left out. */
function readProtocols(bytes: Uint8Array, start: number, end: number, into: string[]): boolean {
  if (start + 2 > end || start + 2 + int16(bytes, start) !== end) return false;
  into.length = 0;
  for (let at = start + 2; at < end; ) {
    const from = at + 1;
    at = from + byteAt(bytes, at);
    if (at > end || at === from) return false;
    if (into.length < MAX_OFFERED && at - from <= MAX_PROTOCOL && isPrintable(bytes, from, at))
      into.push(asciiText(bytes, from, at));
  }
  return true;
}

function isPrintable(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (byteAt(bytes, at) <= 0x20 || byteAt(bytes, at) > 0x7e) return false;
  return true;
}
