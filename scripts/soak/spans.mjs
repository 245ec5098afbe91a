// OTLP trace requests of spans that are told apart by their id, and the ids of a request.
const NAME = Buffer.from('GET /soak');

function field(tag, body) {
  const length = [];
  for (let rest = body.length; ; rest >>>= 7) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest & 127) | 128);
  }
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function span(id) {
  const trace = Buffer.alloc(16, 0xab);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(id));
  const time = Buffer.alloc(9, 1);
  return field(
    0x12,
    Buffer.concat([
      field(0x0a, trace),
      field(0x12, bytes),
      field(0x2a, NAME),
      Buffer.from([0x30, 2]),
      Buffer.concat([Buffer.from([0x39]), time.subarray(0, 8)]),
      Buffer.concat([Buffer.from([0x41]), time.subarray(0, 8)]),
      ...[1, 2, 3, 4].map((i) => field(0x4a, attribute(`http.attribute.${i}`, `value ${i} of span`))),
    ]),
  );
}

function attribute(key, value) {
  return Buffer.concat([field(0x0a, Buffer.from(key)), field(0x12, field(0x0a, Buffer.from(value)))]);
}

const resource = field(0x0a, field(0x0a, attribute('service.name', 'soak')));

/** Ids from `first` on. */
export function traceRequest(first, count) {
  const spans = Array.from({ length: count }, (_, i) => span(first + i));
  return field(0x0a, Buffer.concat([resource, field(0x12, Buffer.concat(spans))]));
}

function* messages(bytes, start, end, wanted) {
  let at = start;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < end) {
    const tag = varint();
    const type = tag & 7;
    if (type === 2) {
      const length = varint();
      if (tag === wanted) yield [at, at + length];
      at += length;
    } else if (type === 0) varint();
    else at += type === 1 ? 8 : 4;
  }
}

/** `each` gets the offset of every span's id. */
export function forEachSpan(bytes, each) {
  for (const [a, b] of messages(bytes, 0, bytes.length, 0x0a)) {
    for (const [c, d] of messages(bytes, a, b, 0x12)) {
      for (const [e, f] of messages(bytes, c, d, 0x12)) {
        for (const [id] of messages(bytes, e, f, 0x12)) each(id);
      }
    }
  }
}
