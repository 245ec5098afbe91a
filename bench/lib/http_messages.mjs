// Messages of HTTP for bench/wire.mjs. `bytes` and `HpackEncoder` are the tests' (test/wire/http2_bytes.ts, hpack_encoder.ts).
const STREAM = 5;
const MOST_STREAMS = 2 ** 30;

const fields = 'Host: example.com:8080\r\nUser-Agent: wrk/4.1.0\r\nAccept: */*\r\n';
const request = (path, extra = '') => Buffer.from(`GET ${path} HTTP/1.1\r\n${fields}${extra}\r\n`);
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const response = Buffer.from(
  'HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 11:00:00 GMT\r\nContent-Type: text/plain\r\n' +
    'Content-Length: 12\r\nConnection: keep-alive\r\n\r\nhello world\n',
);
const repeated = (count, message) => Buffer.concat(Array.from({ length: count }, () => message));
const ids = Array.from({ length: 10_000 }, (_, id) => request(`/users/${id}/orders`));
const sixteen = { exchanges: 16, requests: [repeated(16, request('/hello'))], response: repeated(16, response) };

export const http1Workloads = {
  'same path': { requests: [request('/hello')], response },
  'same path, 16 at once': sixteen,
  'query and traceparent': {
    requests: [request('/search?q=one&page=2', `traceparent: ${traceparent}\r\n`)],
    response,
  },
  '10 000 ids': { requests: ids, response },
};

/** Streams with the same header blocks, as they are once their fields are in the tables of HPACK: their numbers are set each time. */
function streams(count, toServer, toClient) {
  const both = [toServer, toClient].map((frames) => repeated(count, Buffer.concat(frames)));
  const places = [toServer, toClient].map((frames, side) => {
    const lengths = frames.map((one) => one.length);
    const found = [];
    for (let at = 0, index = 0; at < both[side].length; at += lengths[index++ % lengths.length]) found.push(at);
    return found;
  });
  // Stream 1 has filled the tables.
  let next = 3;
  const number = () => {
    for (const side of [0, 1]) {
      const perStream = places[side].length / count;
      places[side].forEach((at, index) => {
        both[side].writeUInt32BE((next + 2 * Math.floor(index / perStream)) % MOST_STREAMS, at + STREAM);
      });
    }
    next += 2 * count;
  };
  return { exchanges: count, requests: [both[0]], response: both[1], number };
}

export function http2Workloads({ HpackEncoder, PREFACE, frame, settings }) {
  const workload = (count, { ask, answer, trailers, body, indexed = true }) => {
    const [client, server] = [new HpackEncoder(), new HpackEncoder()];
    const first = [client.block(ask), server.block(answer), ...(trailers ? [server.block(trailers)] : [])];
    const again = indexed
      ? [client.block(ask), server.block(answer), ...(trailers ? [server.block(trailers)] : [])]
      : first;
    const end = (block) => [frame(1, 5, 1, block)];
    const open = ([asked, answered, ended]) => [
      body === undefined ? end(asked) : [frame(1, 4, 1, asked), frame(0, 1, 1, body)],
      [frame(1, 4, 1, answered), frame(0, ended ? 0 : 1, 1, body ?? 'hello world\n'), ...(ended ? end(ended) : [])],
    ];
    const [toServer, toClient] = open(first);
    return {
      open: [
        [0, Buffer.concat([PREFACE, settings(), ...toServer])],
        [1, Buffer.concat([settings(), ...toClient])],
      ],
      ...streams(count, ...open(again)),
    };
  };
  const ask = { ':method': 'GET', ':scheme': 'http', ':path': '/hello', ':authority': 'example.com:8080' };
  const get = {
    ask: { ...ask, 'user-agent': 'h2load nghttp2/1.52.0', accept: '*/*' },
    answer: { ':status': '200', server: 'nginx/1.22.1', 'content-type': 'text/plain', 'content-length': '12' },
  };
  const call = {
    ask: { ...ask, ':method': 'POST', ':path': '/shop.Items/Get', te: 'trailers', 'content-type': 'application/grpc' },
    answer: { ':status': '200', 'content-type': 'application/grpc' },
    trailers: { 'grpc-status': '0', 'grpc-message': '' },
    body: Buffer.from('\0\0\0\0\x05hello', 'latin1'),
  };
  return {
    http2: {
      GET: workload(1, get),
      'GET, 16 at once': workload(16, get),
      'GET, nothing in the table': workload(1, { ...get, indexed: false }),
    },
    grpc: { unary: workload(1, call), 'unary, 16 at once': workload(16, call) },
  };
}
