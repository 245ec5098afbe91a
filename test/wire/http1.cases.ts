import type { Step, WireCase } from './driver.ts';

const get = (path: string, extra = ''): string => `GET ${path} HTTP/1.1\r\nHost: example.com\r\n${extra}\r\n`;
const ok = (body: string, extra = ''): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${extra}\r\n${body}`;
const method = (name: string): WireCase => ({
  name: `method ${name}`,
  from: 'reference measurements: the leading peer shows none of 20',
  steps: [
    ['client', `${name} /dav HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['server', ok('x')],
  ],
  expect: [
    name === 'QUERY'
      ? { name: 'QUERY /dav', 'http.request.method': 'QUERY', 'http.request.method_original': undefined }
      : { name: 'HTTP /dav', 'http.request.method': '_OTHER', 'http.request.method_original': name },
  ],
});
const longPath = (length: number): WireCase => ({
  name: `path of ${length} characters`,
  from: 'reference measurements: the leading peer cuts it at 252, unmarked',
  steps: [
    ['client', get(`/${'p'.repeat(length - 1)}`)],
    ['server', ok('x')],
  ],
  expect: [{ 'url.path': `/${'p'.repeat(length - 1)}`, 'sonde.truncated': undefined, 'http.route': '/{value}' }],
});
const noBody = (name: string, request: string, head: string, status: number): WireCase => ({
  name,
  from: 'RFC 9112 section 6.3',
  steps: [
    ['client', request],
    ['server', `${head}\r\n\r\n`],
    ['client', get('/next')],
    ['server', ok('next')],
  ],
  expect: [
    { 'http.response.status_code': status, 'http.response.body.size': 0 },
    { 'url.path': '/next', 'http.response.body.size': 4 },
  ],
});

export const framing: readonly WireCase[] = [
  {
    name: 'one request',
    from: 'curl -v http://example.com/hello?name=x',
    steps: [
      [
        'client',
        'GET /hello?name=x&y HTTP/1.1\r\nHost: Example.com:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n',
      ],
      ['server', 'HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 12\r\n\r\nhello world\n'],
    ],
    expect: [
      {
        name: 'GET /hello',
        start: 10e6,
        end: 20e6,
        error: false,
        otlp: false,
        'http.request.method': 'GET',
        'http.request.method_original': undefined,
        'url.path': '/hello',
        'url.query': 'name=REDACTED&y',
        'url.scheme': 'http',
        'url.full': undefined,
        'http.route': '/hello',
        'http.response.status_code': 200,
        'server.address': 'example.com',
        'server.port': 8080,
        'client.address': '10.0.0.2',
        'client.port': 40000,
        'network.peer.address': '10.0.0.2',
        'network.peer.port': 40000,
        'network.local.address': '10.0.0.1',
        'network.protocol.version': '1.1',
        'network.transport': undefined,
        'user_agent.original': 'curl/7.88.1',
        'http.request.body.size': 0,
        'http.response.body.size': 12,
        'error.type': undefined,
        measurements: [0.01, 0, 12],
        metricValues: ['GET', 200, undefined, '1.1', 'http', '/hello'],
      },
    ],
  },
  {
    name: 'the client side',
    from: 'OpenTelemetry semantic conventions, HTTP client spans',
    kind: 'client',
    steps: [
      ['client', get('/users/7?token=s3cret')],
      ['server', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'],
    ],
    expect: [
      {
        name: 'GET',
        error: true,
        'error.type': '404',
        'url.full': 'http://example.com/users/7?token=REDACTED',
        'server.address': 'example.com',
        'server.port': 80,
        'http.route': undefined,
        'client.address': undefined,
        'network.peer.address': '10.0.0.2',
        metricValues: ['GET', 404, '404', '1.1', 'http', 'example.com', 80],
      },
    ],
  },
  {
    name: 'keep-alive',
    from: 'RFC 9112 section 9.3',
    steps: [
      ['client', get('/a')],
      ['server', ok('1')],
      ['client', get('/b')],
      ['server', ok('22')],
    ],
    expect: [
      { 'url.path': '/a', 'http.response.body.size': 1, start: 10e6, end: 20e6 },
      { 'url.path': '/b', 'http.response.body.size': 2, start: 30e6, end: 40e6 },
    ],
  },
  {
    name: 'five GETs pipelined in one write',
    from: 'reference measurements: the leading peer shows one of five',
    steps: [
      ['client', [1, 2, 3, 4, 5].map((n) => get(`/p${n}`)).join('')],
      ['server', [1, 2, 3, 4, 5].map((n) => ok('x'.repeat(n))).join('')],
    ],
    expect: [1, 2, 3, 4, 5].map((n) => ({ 'url.path': `/p${n}`, 'http.response.body.size': n })),
  },
  {
    name: 'two GETs in two writes without waiting',
    from: 'reference measurements: the leading peer shows 140 of 202',
    steps: [
      ['client', get('/one')],
      ['client', get('/two')],
      ['server', ok('1')],
      ['server', ok('22')],
    ],
    expect: [
      { 'url.path': '/one', 'http.response.body.size': 1, end: 30e6 },
      { 'url.path': '/two', 'http.response.body.size': 2, end: 40e6 },
    ],
  },
  ...['PROPFIND', 'PURGE', 'MKCOL', 'LINK', 'QUERY', 'get', 'M-SEARCH', '!#$%'].map(method),
  longPath(410),
  longPath(2048),
  {
    name: 'chunked request in two writes',
    from: 'reference measurements: the leading peer shows 10 of 20',
    steps: [
      ['client', 'POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel'],
      ['client', 'lo\r\n0\r\n\r\n'],
      ['server', 'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'],
    ],
    expect: [
      { name: 'POST /up', 'http.request.body.size': 5, 'http.response.status_code': 201, start: 10e6, end: 30e6 },
    ],
  },
  {
    name: 'chunked with extensions, trailers and leading zeros',
    from: 'RFC 9112 section 7.1',
    steps: [
      [
        'client',
        'POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n05;n=v;q="x"\r\nabcde\r\nA ; e\r\n0123456789\r\n0\r\nDigest: x\r\nMore: y\r\n\r\n',
      ],
      ['server', 'HTTP/1.1 200 OK\r\ntransfer-encoding:chunked\r\n\r\n1\r\nx\r\n000\r\n\r\n'],
    ],
    expect: [{ 'http.request.body.size': 15, 'http.response.body.size': 1 }],
  },
  {
    name: 'close-delimited',
    from: 'RFC 9112 section 6.3, rule 8; python3 -m http.server without Content-Length',
    steps: [
      ['client', 'GET / HTTP/1.0\r\n\r\n'],
      ['server', 'HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nsome'],
      ['server', 'more'],
      ['server ends', 'finished'],
      ['client ends', 'finished'],
    ],
    expect: [
      {
        'network.protocol.version': '1.0',
        'http.response.body.size': 8,
        end: 30e6,
        'server.address': '10.0.0.1',
        'server.port': 8080,
      },
    ],
  },
  noBody(
    'HEAD with Content-Length',
    'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 512',
    200,
  ),
  noBody('204', get('/'), 'HTTP/1.1 204 No Content', 204),
  noBody('304 with Content-Length', get('/'), 'HTTP/1.1 304 Not Modified\r\nContent-Length: 77', 304),
  noBody('no reason phrase', get('/'), 'HTTP/1.1 200\r\nContent-Length: 0', 200),
  noBody('103 before the answer', get('/'), 'HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\nHTTP/1.1 204 x', 204),
  {
    name: '100-continue',
    from: 'curl -T with Expect: 100-continue',
    steps: [
      ['client', 'PUT /f HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n'],
      ['server', 'HTTP/1.1 100 Continue\r\n\r\n'],
      ['client', 'abc'],
      ['server', ok('')],
    ],
    expect: [{ 'http.response.status_code': 200, 'http.request.body.size': 3, start: 10e6, end: 40e6 }],
  },
  {
    name: '101 leaves HTTP',
    from: 'RFC 6455 section 1.2',
    opaque: true,
    steps: [
      ['client', 'GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
      ['server', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello'],
      ['client', '\x81\x85aaaaGET / HTTP/1.1\r\n\r\n'],
    ],
    expect: [{ 'http.response.status_code': 101, name: 'GET /ws', end: 20e6 }],
  },
  {
    name: 'CONNECT leaves HTTP',
    from: 'RFC 9110 section 9.3.6; curl -p',
    opaque: true,
    steps: [
      ['client', 'CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example:5432\r\n\r\n'],
      ['server', 'HTTP/1.1 200 Connection established\r\n\r\n'],
      ['client', '\x16\x03\x01'],
    ],
    expect: [{ name: 'CONNECT', 'url.path': undefined, 'server.address': 'db.example', 'server.port': 5432 }],
  },
  {
    name: 'CONNECT refused stays HTTP',
    from: 'RFC 9110 section 9.3.6',
    steps: [
      ['client', 'CONNECT db.example:5432 HTTP/1.1\r\nHost: x\r\n\r\n'],
      ['server', 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno'],
      ['client', get('/a')],
      ['server', ok('x')],
    ],
    expect: [{ 'http.response.status_code': 407, 'http.response.body.size': 2 }, { 'url.path': '/a' }],
  },
  {
    name: 'absolute form with credentials',
    from: 'RFC 9112 section 3.2.2; curl -x',
    kind: 'client',
    steps: [
      ['client', 'GET http://user:pw@[2001:DB8::1]:81/x?q=1#f HTTP/1.1\r\nHost: other\r\n\r\n'],
      ['server', ok('x')],
    ],
    expect: [
      {
        'url.full': 'http://[2001:db8::1]:81/x?q=REDACTED',
        'server.address': '2001:db8::1',
        'server.port': 81,
        'url.path': '/x',
      },
    ],
  },
  {
    name: 'asterisk form',
    from: 'RFC 9112 section 3.2.4',
    steps: [
      ['client', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['server', ok('')],
    ],
    expect: [{ name: 'OPTIONS', 'url.path': '*', 'http.route': undefined }],
  },
  {
    name: 'a hostile Host falls back to the socket',
    from: 'made up',
    steps: [
      ['client', 'GET /a HTTP/1.1\r\nHost: <script>alert(1)</script>\r\n\r\n'],
      ['server', ok('')],
    ],
    expect: [{ 'server.address': '10.0.0.1', 'server.port': 8080 }],
  },
  {
    name: 'body that looks like HTTP',
    from: 'made up',
    steps: [
      ['client', `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${get('/fake').length}\r\n\r\n`],
      ['client', get('/fake')],
      ['server', `HTTP/1.1 200 OK\r\nContent-Length: ${ok('fake').length}\r\n\r\n`],
      ['server', ok('fake')],
    ],
    expect: [
      { name: 'POST /a', 'http.request.body.size': get('/fake').length, 'http.response.body.size': ok('fake').length },
    ],
  },
  {
    name: 'early answer while the body is sent',
    from: 'nginx 413 with a large upload',
    steps: [
      ['client', 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab'],
      ['server', 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n'],
      ['client', 'cdef'],
      ['client', get('/b')],
      ['server', ok('x')],
    ],
    expect: [
      { 'http.response.status_code': 413, 'http.request.body.size': 6, start: 10e6, end: 20e6 },
      { 'url.path': '/b' },
    ],
  },
  {
    name: 'response before its request',
    from: 'reference kernel facts: 1 of 18 000, but never by 10 ms',
    whole: true,
    steps: [
      ['server', ok('x')],
      ['client', get('/a')],
    ],
    expect: [],
    rejects: { orphan_response: 1 },
  },
  {
    name: 'bare LF, empty lines between, no space after the colon',
    from: 'RFC 9112 sections 2.2 and 5.1',
    steps: [
      ['client', '\r\n\r\nPOST /a HTTP/1.1\nhost:a\ncontent-length:  3 \n\nabc\r\n'],
      ['server', 'HTTP/1.1 200 OK\ncontent-length: 1\n\nx'],
    ],
    expect: [{ 'http.request.body.size': 3, 'server.address': 'a', 'http.response.body.size': 1 }],
  },
  {
    name: 'space in the target',
    from: 'nginx before 1.21 serves it',
    steps: [
      ['client', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['server', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'],
    ],
    expect: [{ 'url.path': '/a b', 'http.response.status_code': 400, 'error.type': undefined, error: false }],
  },
  {
    name: 'equal Content-Lengths are one',
    from: 'RFC 9112 section 6.3, rule 5',
    steps: [
      ['client', 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nxx'],
      ['server', ok('')],
    ],
    expect: [{ 'http.request.body.size': 2 }],
  },
  {
    name: '500 is an error of the server',
    from: 'OpenTelemetry semantic conventions, HTTP spans, status',
    steps: [
      ['client', get('/a')],
      ['server', 'HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n'],
    ],
    expect: [{ error: true, 'error.type': '503' }],
  },
  {
    name: 'trace context and captured fields',
    from: 'W3C Trace Context Level 2, section 3',
    steps: [
      [
        'client',
        get(
          '/a',
          'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=1\r\nTraceState: b=2\r\nX-Test: one\r\nx-test: two\r\nAuthorization: Bearer x\r\n',
        ),
      ],
      ['server', ok('', 'X-Answer: yes\r\nSet-Cookie: a=b\r\n')],
    ],
    expect: [
      {
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        tracestate: 'a=1,b=2',
        'http.request.header.x-test': ['one', 'two'],
        'http.response.header.x-answer': ['yes'],
        'http.request.header.authorization': undefined,
        'http.response.header.set-cookie': undefined,
      },
    ],
  },
  {
    name: 'folded field lines are told as cut',
    from: 'RFC 9112 section 5.2',
    steps: [
      [
        'client',
        get('/a', 'User-Agent: a\r\n b\r\nX-Test: one\r\n\ttwo\r\nX-Other: c\r\n d\r\ntracestate: a=1\r\n ,b=2\r\n'),
      ],
      ['server', ok('x', 'X-Answer: yes\r\n')],
      ['client', get('/b', 'X-Test: three\r\n')],
      ['server', ok('x')],
    ],
    expect: [
      {
        'user_agent.original': 'a',
        'http.request.header.x-test': ['one'],
        'sonde.truncated': ['user_agent.original', 'http.request.header.x-test'],
        tracestate: '',
        'http.request.body.size': 0,
      },
      { 'http.request.header.x-test': ['three'], 'sonde.truncated': undefined },
    ],
  },
  {
    name: 'a length on a folded line is not believed',
    from: 'RFC 9112 section 5.2',
    whole: true,
    steps: [
      ['client', 'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'],
      ['server', 'HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n'],
      ['client', get('/b')],
      ['server', ok('x')],
    ],
    expect: [
      { 'http.response.status_code': 400, 'sonde.partial': ['http.request.body.size'] },
      { 'url.path': '/b', 'http.response.status_code': 200 },
    ],
    rejects: { invalid_framing: 1 },
  },
  {
    name: 'a tracestate that is none spoils those around it',
    from: 'W3C Trace Context Level 2, section 3.3.1',
    steps: [
      [
        'client',
        get(
          '/a',
          `traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=1\r\ntracestate: b=${'x'.repeat(600)}\r\ntracestate: c=3\r\n`,
        ),
      ],
      ['server', ok('')],
      [
        'client',
        get('/b', 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: d=4\r\n'),
      ],
      ['server', ok('')],
    ],
    expect: [
      { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: '' },
      { tracestate: 'd=4' },
    ],
  },
  {
    name: 'the rest of a line that is too long is no field, and what follows is one',
    from: 'MAX_LINE',
    whole: true,
    steps: [
      ['client', `GET /a HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(9000)}`],
      ['client', 'X-Test: rest\r\nX-Test: field\r\n\r\n'],
      ['server', ok('')],
      ['client', `GET /${'b'.repeat(9000)}`],
      ['client', 'Host: rest HTTP/1.1\r\nHost: b\r\nX-Test: field\r\n\r\n'],
      ['server', ok('')],
    ],
    expect: [
      { 'http.request.header.x-test': ['field'], 'server.address': 'a' },
      { 'http.request.header.x-test': ['field'], 'server.address': 'b' },
    ],
  },
  {
    name: 'two traceparents are none',
    from: 'W3C Trace Context Level 2, section 3.2.2.5',
    steps: [
      ['client', get('/a', 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n'.repeat(2))],
      ['server', ok('')],
    ],
    expect: [{ traceparent: '', tracestate: '' }],
  },
  {
    name: 'an OTLP export is marked',
    from: 'OTLP specification, OTLP/HTTP',
    steps: [
      [
        'client',
        'POST /otlp/v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\nContent-Length: 1\r\n\r\nx',
      ],
      ['server', ok('')],
    ],
    expect: [{ otlp: true }],
  },
];

const pieces = (text: string): Step[] => (text.match(/[\s\S]{1,1000}/g) ?? []).map((piece): Step => ['client', piece]);
const endings = (...steps: Step[]): Step[] => [['client', get('/a')], ...steps];

export const failures: readonly WireCase[] = [
  {
    name: 'client leaves early',
    from: 'reference measurements: the leading peer shows none of 10',
    steps: endings(['client ends', 'finished'], ['server ends', 'finished']),
    expect: [
      { 'error.type': 'client_closed', 'http.response.status_code': undefined, error: false, end: 30e6, start: 10e6 },
    ],
  },
  {
    name: 'client leaves early, seen by the client',
    from: 'curl --max-time',
    kind: 'client',
    steps: endings(['client ends', 'reset']),
    expect: [
      {
        'error.type': 'client_closed',
        error: true,
        metricValues: ['GET', undefined, 'client_closed', '1.1', 'http', 'example.com', 80],
      },
    ],
  },
  {
    name: 'client ends its side and waits',
    from: 'nc -N',
    steps: endings(['client ends', 'finished'], ['server', ok('x')], ['server ends', 'finished']),
    expect: [{ 'http.response.status_code': 200, 'error.type': undefined }],
  },
  {
    name: 'server closes without an answer',
    from: 'reference measurements: the leading peer invents 499',
    steps: endings(['server ends', 'finished'], ['client ends', 'finished']),
    expect: [
      {
        'error.type': 'server_closed',
        error: true,
        'http.response.status_code': undefined,
        'http.response.body.size': undefined,
      },
    ],
  },
  {
    name: 'server resets',
    from: 'RST',
    steps: endings(['server ends', 'reset']),
    expect: [{ 'error.type': 'connection_reset' }],
  },
  {
    name: 'timeout',
    from: 'ETIMEDOUT',
    steps: endings(['server ends', 'timeout']),
    expect: [{ 'error.type': 'timeout' }],
  },
  {
    name: 'server closes within the body',
    from: 'a crash',
    steps: endings(['server', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'], ['server ends', 'finished']),
    expect: [
      { 'http.response.status_code': 200, 'error.type': 'server_closed', error: true, 'http.response.body.size': 3 },
    ],
  },
  {
    name: 'server closes before the upload is whole',
    from: 'a crash',
    steps: [
      ['client', 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc'],
      ['server ends', 'finished'],
      ['client', 'defg'],
      ['client ends', 'finished'],
    ],
    expect: [{ 'error.type': 'server_closed', 'http.request.body.size': 3 }],
  },
  {
    name: 'answer and close before the upload is whole',
    from: 'nginx 413 with lingering_close',
    steps: [
      ['client', 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc'],
      ['server', 'HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n'],
      ['server ends', 'finished'],
    ],
    expect: [
      {
        'http.response.status_code': 413,
        'http.request.body.size': 3,
        'sonde.partial': ['http.request.body.size'],
        'error.type': undefined,
      },
    ],
  },
  {
    name: 'the tap stops looking',
    from: 'shutdown',
    steps: endings(
      ['client', get('/b')],
      ['server', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'],
      ['server ends', 'unknown'],
      ['client ends', 'unknown'],
    ),
    expect: [],
    rejects: { unfinished: 2 },
  },
  {
    name: 'a request line that never ends',
    from: 'made up',
    whole: true,
    steps: [
      ['client', 'GET /a'],
      ['client ends', 'finished'],
      ['server ends', 'finished'],
    ],
    expect: [],
    rejects: { incomplete_head: 1 },
  },
  {
    name: 'no request line',
    from: 'made up',
    whole: true,
    steps: [
      ['client', 'hello world\r\n'],
      ['client', get('/a')],
      ['server', ok('x')],
    ],
    expect: [{ 'url.path': '/a' }],
    rejects: { malformed_start_line: 1 },
  },
  {
    name: 'never a request line',
    from: 'a wrong guess',
    whole: true,
    opaque: true,
    steps: [1, 2, 3].flatMap((): Step[] => [
      ['client', `GET /${'x'.repeat(80)}`],
      ['client', '\r\n'],
    ]),
    expect: [],
    rejects: { malformed_start_line: 3 },
  },
  {
    name: 'a chunk size that is none',
    from: 'made up',
    whole: true,
    steps: [
      ['client', get('/a')],
      ['server', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n'],
      ['client', get('/b')],
      ['server', ok('x')],
    ],
    expect: [
      { 'url.path': '/a', 'http.response.body.size': 3, 'sonde.partial': ['http.response.body.size'] },
      { 'url.path': '/b' },
    ],
    rejects: { invalid_framing: 1 },
  },
  {
    name: 'two Content-Lengths that differ',
    from: 'RFC 9112 section 6.3, rule 5',
    whole: true,
    steps: [
      ['client', 'POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n'],
      ['server', 'HTTP/1.1 400 x\r\nContent-Length: 99999999999999999999\r\n\r\n'],
      ['client', get('/b')],
      ['server', ok('x')],
    ],
    expect: [{ 'url.path': '/a', 'http.response.status_code': 400 }, { 'url.path': '/b' }],
    rejects: { invalid_framing: 2 },
  },
  {
    name: 'a time-out answer to no request',
    from: 'HAProxy 408 on an idle connection',
    steps: [
      ['client', get('/a')],
      ['server', ok('x')],
      ['server', 'HTTP/1.0 408 Request Time-out\r\n\r\nbye'],
      ['server ends', 'finished'],
    ],
    expect: [{ 'url.path': '/a' }],
    rejects: { orphan_response: 1 },
  },
];

export const losses: readonly WireCase[] = [
  {
    name: 'gap inside a body of known length',
    from: 'sendfile',
    whole: true,
    steps: [
      ['client', get('/a')],
      ['server', 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nabc'],
      ['server', 99990],
      ['server', 'defghij'],
      ['client', get('/b')],
      ['server', ok('x')],
    ],
    expect: [
      { 'http.response.body.size': 100000, 'sonde.partial': undefined, end: 40e6 },
      { 'url.path': '/b', 'http.response.body.size': 1 },
    ],
  },
  {
    name: 'gap that ends a body',
    from: 'nginx with sendfile',
    whole: true,
    steps: [
      ['client', get('/a')],
      ['server', 'HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n'],
      ['server', 4096],
      ['client', get('/b')],
      ['server', ok('x')],
    ],
    expect: [{ 'http.response.body.size': 4096, end: 30e6, measurements: [0.02, 0, 4096] }, { 'url.path': '/b' }],
  },
  {
    name: 'gap inside a chunk',
    from: 'capture limit',
    whole: true,
    steps: [
      ['client', get('/a')],
      ['server', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\nabc'],
      ['server', 4000],
      ['server', `${'x'.repeat(93)}\r\n0\r\n\r\n`],
    ],
    expect: [{ 'http.response.body.size': 4096, 'sonde.partial': undefined }],
  },
  {
    name: 'gap over chunks, the last chunk seen',
    from: 'capture limit',
    whole: true,
    steps: [
      ['client', get('/a')],
      ['server', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n'],
      ['server', 5000],
      ['server', 'tail\r\n0\r\n\r\n'],
    ],
    expect: [
      {
        'http.response.body.size': 4,
        'sonde.partial': ['http.response.body.size'],
        end: 40e6,
        measurements: [0.03, 0, Number.NaN],
      },
    ],
  },
  {
    name: 'gap over chunks of an upload',
    from: 'capture limit',
    whole: true,
    steps: [
      ['client', 'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab'],
      ['client', 5000],
      ['server', ok('x')],
      ['client', get('/b')],
      ['server', ok('x')],
    ],
    expect: [{ 'http.request.body.size': 4, 'sonde.partial': ['http.request.body.size'] }, { 'url.path': '/b' }],
  },
  {
    name: 'head longer than what was captured',
    from: 'capture limit',
    whole: true,
    steps: [
      ['client', 'GET /a HTTP/1.1\r\nHost: a\r\nCookie: xxxx'],
      ['client', 20000],
      ['server', 'HTTP/1.1 200 OK\r\nSet-Coo'],
      ['server', 1000],
      ['server', 'tail of a body'],
      ['client', get('/b')],
      ['server', ok('x')],
    ],
    expect: [
      {
        'url.path': '/a',
        'http.response.status_code': 200,
        'http.request.body.size': undefined,
        'http.response.body.size': undefined,
        'sonde.partial': ['http.request', 'http.response'],
        end: 50e6,
      },
      { 'url.path': '/b', 'sonde.partial': undefined },
    ],
  },
  {
    name: 'path longer than what was captured',
    from: 'capture limit',
    whole: true,
    steps: [
      ['client', 'GET /a/bcd'],
      ['client', 500],
      ['server', ok('x')],
    ],
    expect: [
      {
        name: 'GET',
        'url.path': '/a/bcd',
        'http.route': undefined,
        'sonde.truncated': ['url.path'],
        'sonde.partial': ['http.request'],
      },
    ],
  },
  {
    name: 'heads cut before anything is told',
    from: 'capture limit',
    whole: true,
    steps: [
      ['client', 'GET'],
      ['client', 500],
      ['client', get('/b')],
      ['server', 'HTT'],
      ['server', 100],
      ['client', get('/c')],
      ['server', ok('x')],
    ],
    expect: [
      {
        'url.path': '/b',
        'http.response.status_code': undefined,
        'error.type': undefined,
        'sonde.partial': ['http.response'],
        measurements: [Number.NaN, 0, Number.NaN],
      },
      // The answer to the request whose head was cut may be this one.
      { 'url.path': '/c', 'http.response.status_code': undefined, 'sonde.partial': ['http.response'] },
    ],
    rejects: { head_lost: 2, orphan_response: 1 },
  },
  {
    name: 'response lost, found out late',
    from: 'ring full',
    whole: true,
    steps: [
      ['client', get('/a')],
      ['client', get('/b')],
      ['server', 300],
      ['server', ok('bb')],
    ],
    expect: [
      { 'url.path': '/a', 'http.response.status_code': undefined, 'sonde.partial': ['http.response'], end: 10e6 },
      { 'url.path': '/b', 'http.response.status_code': 200, 'http.response.body.size': 2 },
    ],
  },
  {
    name: 'request lost',
    from: 'ring full',
    whole: true,
    steps: [
      ['client', 80],
      ['server', ok('a')],
      ['client', get('/b')],
      ['server', ok('bb')],
    ],
    expect: [{ 'url.path': '/b', 'http.response.body.size': 2 }],
    rejects: { orphan_response: 1 },
  },
  {
    name: 'several gaps in the chunks of an upload are no lost requests',
    from: 'capture limit',
    whole: true,
    steps: [
      ['client', 'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab'],
      ['client', 5000],
      ['client', 'more of it'],
      ['client', 5000],
      ['server', ok('x')],
      ['client', get('/b')],
      ['server', ok('x')],
    ],
    expect: [
      { 'http.response.status_code': 200, 'sonde.partial': ['http.request.body.size'] },
      { 'url.path': '/b', 'http.response.status_code': 200, 'sonde.partial': undefined },
    ],
    rejects: { unsynchronised: 1 },
  },
  {
    name: 'a pipelined request lost: no answer is given to the other',
    from: 'ring full',
    whole: true,
    steps: [
      ['client', 60],
      ['client', get('/two')],
      ['server', ok('1')],
      ['server', ok('22')],
      ['client', get('/three')],
      ['server', ok('333')],
    ],
    expect: [
      { 'url.path': '/two', 'http.response.status_code': undefined, 'sonde.partial': ['http.response'] },
      { 'url.path': '/three', 'http.response.body.size': 3, 'sonde.partial': undefined },
    ],
    rejects: { orphan_response: 2 },
  },
  {
    name: 'a request lost, its answer not seen: in doubt until the server was quiet',
    from: 'ring full',
    whole: true,
    steps: [
      ['client', 60],
      ...['/1', '/2', '/3', '/4'].flatMap((path): Step[] => [
        ['client', get(path)],
        ['server', ok('x')],
      ]),
    ],
    expect: [
      { 'url.path': '/1', 'http.response.status_code': undefined, 'sonde.partial': ['http.response'] },
      { 'url.path': '/2', 'http.response.status_code': 200, 'sonde.partial': undefined },
      { 'url.path': '/3', 'sonde.partial': undefined },
      { 'url.path': '/4', 'sonde.partial': undefined },
    ],
    rejects: { orphan_response: 1 },
  },
  {
    name: 'head of an answer lost, and its body is one word',
    from: 'node:http, write() and end()',
    whole: true,
    steps: [
      ['client', get('/1')],
      ['server', 60],
      ['server', 'ok'],
      ['client', get('/2')],
      ['server', ok('22')],
    ],
    expect: [
      { 'url.path': '/1', 'http.response.status_code': undefined, 'sonde.partial': ['http.response'] },
      { 'url.path': '/2', 'http.response.status_code': 200, 'http.response.body.size': 2 },
    ],
    rejects: { unsynchronised: 1 },
  },
  {
    name: 'head of an upload lost, and its body looks like HTTP',
    from: 'made up',
    whole: true,
    steps: [
      ['client', 60],
      ['client', get('/fake')],
      ['server', ok('x')],
    ],
    expect: [{ 'http.response.status_code': undefined, 'sonde.partial': ['http.response'] }],
    rejects: { orphan_response: 1 },
  },
  {
    name: 'answer lost, and then one to no request',
    from: 'HAProxy 408 on an idle connection',
    whole: true,
    steps: [
      ['client', get('/a')],
      ['server', 40],
      ['server', 'HTTP/1.0 408 Request Time-out\r\n\r\nbye'],
      ['server ends', 'finished'],
    ],
    expect: [{ 'url.path': '/a', 'http.response.status_code': undefined, 'sonde.partial': ['http.response'] }],
    rejects: { orphan_response: 1 },
  },
  {
    name: 'the end of a body whose head was lost is no part of a method',
    from: 'nginx 413 with a large upload',
    whole: true,
    steps: [
      ['client', 60],
      ['server', 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n'],
      ['client', 'cdef'],
      ['client', get('/b')],
      ['server', ok('x')],
    ],
    expect: [{ 'http.request.method': 'GET', 'url.path': '/b', 'http.response.status_code': 200 }],
    rejects: { orphan_response: 1, unsynchronised: 1 },
  },
  {
    name: 'response lost and the connection ends',
    from: 'ring full',
    whole: true,
    steps: [
      ['client', get('/a')],
      ['server', 300],
      ['server ends', 'finished'],
    ],
    expect: [{ 'error.type': undefined, 'sonde.partial': ['http.response'] }],
  },
  {
    name: 'joined in the middle of both bodies',
    from: 'Sonde starts later',
    joined: true,
    whole: true,
    steps: [
      ['client', 'rest of an upload'],
      ['server', 'rest of a page'],
      ['client', get('/a')],
      ['server', ok('x')],
    ],
    expect: [{ 'url.path': '/a', 'http.response.status_code': 200 }],
    rejects: { unsynchronised: 2 },
  },
  {
    name: 'joined before a response',
    from: 'Sonde starts later',
    joined: true,
    steps: [
      ['server', ok('old')],
      ['client', get('/a')],
      ['server', ok('x')],
    ],
    expect: [{ 'url.path': '/a', 'http.response.body.size': 1 }],
    rejects: { orphan_response: 1 },
  },
  {
    name: 'orphan with the length of a HEAD answer',
    from: 'Sonde starts later',
    joined: true,
    steps: [
      ['server', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n'],
      ['client', get('/a')],
      ['server', ok('x')],
    ],
    whole: true,
    expect: [{ 'url.path': '/a', 'http.response.body.size': 1 }],
    rejects: { orphan_response: 1 },
  },
  {
    name: 'lines longer than the bound',
    from: 'made up',
    whole: true,
    steps: [
      ...pieces(`GET /${'a'.repeat(9000)}`),
      ...pieces(`${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\nX-Test: ${'b'.repeat(20000)}\r\n`),
      ...pieces(`User-Agent: ${'c'.repeat(9000)}\r\nContent-Length: 1\r\n\r\nx`),
      ['server', ok('x')],
    ],
    expect: [
      {
        name: 'GET',
        'sonde.truncated': ['http.request.header.x-test', 'user_agent.original', 'url.path'],
        'sonde.partial': undefined,
        'http.request.body.size': 1,
        'network.protocol.version': undefined,
        'http.route': undefined,
      },
    ],
  },
];
