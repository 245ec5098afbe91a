/** Frames and header blocks for the cases of HTTP/2. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

export function frame(type: number, flags: number, stream: number, payload: Uint8Array | string = ''): Uint8Array {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return concat(head, body);
}

export function integer(value: number, mask: number, first: number): number[] {
  if (value < mask) return [first | value];
  const bytes = [first | mask];
  let rest = value - mask;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

export const text = (value: string): number[] => [...integer(value.length, 127, 0), ...Buffer.from(value, 'latin1')];

/** Literals that are not added to the table; with `added`, those that are. */
export function block(fields: Readonly<Record<string, string>>, added = false): Uint8Array {
  return Uint8Array.from(
    Object.entries(fields).flatMap(([name, value]) => [added ? 0x40 : 0, ...text(name), ...text(value)]),
  );
}

export const get = (path: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  ':method': 'GET',
  ':scheme': 'http',
  ':path': path,
  ':authority': 'example.com:8080',
  ...more,
});

/** HEADERS in one frame. */
export const headers = (stream: number, fields: Readonly<Record<string, string>>, ends = false): Uint8Array =>
  frame(1, ends ? 5 : 4, stream, block(fields));
export const data = (stream: number, body: Uint8Array | string, ends = false): Uint8Array =>
  frame(0, ends ? 1 : 0, stream, body);
export const reset = (stream: number, code: number): Uint8Array => frame(3, 0, stream, uint32(code));
export const settings = (ack = false): Uint8Array => frame(4, ack ? 1 : 0, 0);
export const uint32 = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return Uint8Array.from(bytes);
};
/** A gRPC message of so many bytes. */
export const message = (length: number): Uint8Array =>
  concat(Uint8Array.of(0), uint32(length), new Uint8Array(length).fill(0x61));
