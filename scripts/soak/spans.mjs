// OTLP trace requests of spans that are told apart by their id, and the ids of a request.
const NAME = Buffer.from('GET /soak');
const ID_TAG = 0x12;

/** A length-delimited field. */
export function field(tag, body) {
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

const time = Buffer.alloc(8, 1);
const span = field(
  0x12,
  Buffer.concat([
    field(0x0a, Buffer.alloc(16, 0xab)),
    field(ID_TAG, Buffer.alloc(8)),
    field(0x2a, NAME),
    Buffer.from([0x30, 2]),
    Buffer.concat([Buffer.from([0x39]), time]),
    Buffer.concat([Buffer.from([0x41]), time]),
    ...[1, 2, 3, 4].map((i) => field(0x4a, attribute(`http.attribute.${i}`, `value ${i} of span`))),
  ]),
);
/** Of the id in a span: behind the span's own head and the trace id. */
const ID_AT = span.indexOf(Buffer.from([ID_TAG, 8])) + 2;

function attribute(key, value) {
  return Buffer.concat([field(0x0a, Buffer.from(key)), field(0x12, field(0x0a, Buffer.from(value)))]);
}

const resource = field(0x0a, field(0x0a, attribute('service.name', 'soak')));
const templates = new Map();

/** Ids from `first` on. */
export function traceRequest(first, count) {
  let template = templates.get(count);
  if (template === undefined) {
    const spans = Buffer.concat(Array.from({ length: count }, () => span));
    const bytes = field(0x0a, Buffer.concat([resource, field(0x12, spans)]));
    template = { bytes, at: bytes.length - spans.length + ID_AT };
    templates.set(count, template);
  }
  const bytes = Buffer.from(template.bytes);
  for (let i = 0; i < count; i++) bytes.writeBigUInt64BE(BigInt(first + i), template.at + i * span.length);
  return bytes;
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

/** `each` gets the bounds of every span. */
function forEachSpan(bytes, each) {
  for (const [a, b] of messages(bytes, 0, bytes.length, 0x0a)) {
    for (const [c, d] of messages(bytes, a, b, 0x12)) {
      for (const [e, f] of messages(bytes, c, d, 0x12)) each(e, f);
    }
  }
}

export function countSpans(bytes) {
  let count = 0;
  forEachSpan(bytes, () => count++);
  return count;
}

/** Eight bytes each. */
export function spanIds(bytes) {
  const ids = [];
  forEachSpan(bytes, (from, to) => {
    for (const [id] of messages(bytes, from, to, ID_TAG)) ids.push(bytes.subarray(id, id + 8));
  });
  return ids;
}
