import { expect, test } from '@jest/globals';
import { describeKernel, observe, SYNC } from '../support/kernel.ts';
import { expectClosedLedger, stream } from '../support/kernel_expect.ts';

describeKernel('socket operations', () => {
  test('sees both ends of an HTTP exchange over TCP, byte for byte', () => {
    const session = observe({
      command: `python3 - <<'PY'
import http.server, threading, socket
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        self.send_response(200); self.send_header('content-length', '5'); self.end_headers(); self.wfile.write(b'hello')
    def log_message(self, *a): pass
s = http.server.HTTPServer(('127.0.0.1', 8080), H)
t = threading.Thread(target=s.handle_request); t.start()
c = socket.create_connection(('127.0.0.1', 8080))
c.sendall(b'GET /path?x=1 HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n')
while c.recv(65536): pass
c.close(); t.join()
PY`,
    });
    expect(session.status).toBe(0);
    const tcp = session.conns.filter((conn) => conn.family === 'ipv4');
    expect(tcp.map((conn) => conn.role).sort()).toEqual(['client', 'server']);
    const client = tcp.find((conn) => conn.role === 'client');
    const server = tcp.find((conn) => conn.role === 'server');
    expect(client).toMatchObject({ remoteAddress: '127.0.0.1', remotePort: 8080, joined: false, own: false });
    expect(server).toMatchObject({ localAddress: '127.0.0.1', localPort: 8080, remotePort: client?.localPort });
    expect(server?.process.comm).toBe('python3');
    const sent = stream(session, client?.cookie ?? 0, 0);
    expect(sent).toBe('GET /path?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(stream(session, server?.cookie ?? 0, 1)).toBe(sent);
    const answer = stream(session, server?.cookie ?? 0, 0);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nhello$/s);
    expect(stream(session, client?.cookie ?? 0, 1)).toBe(answer);
    expectClosedLedger(session);
  });

  test('formats IPv6 addresses and tells mapped ones apart', () => {
    const session = observe({
      command: `python3 - <<'PY'
import socket
s = socket.socket(socket.AF_INET6); s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0); s.bind(('::', 9000)); s.listen()
for address in ('::1', '127.0.0.1'):
    c = socket.create_connection((address, 9000)); a, _ = s.accept(); c.sendall(b'x'); a.recv(1); c.close(); a.close()
PY`,
    });
    const servers = session.conns.filter((conn) => conn.role === 'server');
    expect(servers.map((conn) => [conn.localAddress, conn.remoteAddress])).toEqual([
      ['::1', '::1'],
      ['127.0.0.1', '127.0.0.1'],
    ]);
    expectClosedLedger(session);
  });

  test('tells how far open connections have come, also those of which nothing is copied', () => {
    const session = observe({
      policy: 2,
      command: `python3 -u - <<'PY'
${SYNC}
import socket
s = socket.create_server(('127.0.0.1', 9100))
c = socket.create_connection(('127.0.0.1', 9100)); a, _ = s.accept()
near, far = socket.socketpair()
near.sendall(b'u' * 77)
for i in range(3):
    c.sendall(b'x' * 100000); n = 0
    while n < 100000: n += len(a.recv(100000 - n))
    a.sendall(b'y' * 10); c.recv(10); sync()
print('open', flush=True); sync()
PY`,
    });
    const of = (role: string) => session.conns.find((conn) => conn.family === 'ipv4' && conn.role === role)?.cookie;
    const cookie = (role: string) => expect.objectContaining({ cookie: of(role) });
    expect(session.progress).toEqual(expect.arrayContaining([cookie('client'), cookie('server')]));
    const came = (role: string) => session.progress.find((each) => each.cookie === of(role));
    expect(came('client')).toMatchObject({ sent: 300_000, received: 30, generation: 1 });
    expect(came('server')).toMatchObject({ sent: 30, received: 300_000, generation: 0 });
    expect(session.progress).toContainEqual(expect.objectContaining({ sent: 77, received: 0 }));
  });

  test('a socket that is connected again is recorded again, whatever was asked of its last connection', () => {
    const session = observe({
      policy: 2,
      command: `python3 - <<'PY'
${SYNC}
import socket, ctypes
libc = ctypes.CDLL(None)
s = socket.create_server(('127.0.0.1', 9200))
c = socket.socket()
for text in (b'first', b'second'):
    c.connect(('127.0.0.1', 9200)); a, _ = s.accept()
    c.sendall(b'begin'); sync(); c.sendall(text); a.recv(100); sync()
    a.close(); c.recv(1)
    assert libc.connect(c.fileno(), bytes(16), 16) == 0
PY`,
    });
    expect(session.status).toBe(0);
    const clients = session.conns.filter((conn) => conn.family === 'ipv4' && conn.role === 'client');
    expect(clients.map((conn) => conn.generation)).toEqual([1, 2]);
    const sent = session.data.filter(({ cookie, direction }) => cookie === clients[0]?.cookie && direction === 0);
    expect(sent.map(({ generation, text }) => [generation, text])).toEqual([
      [1, 'begin'],
      [2, 'begin'],
    ]);
  });

  test('knows both ends of a Unix stream socket', () => {
    const session = observe({
      command: `python3 - <<'PY'
import socket, tempfile, os
path = tempfile.mkdtemp() + '/s'
s = socket.socket(socket.AF_UNIX); s.bind(path); s.listen()
c = socket.socket(socket.AF_UNIX); c.connect(path); a, _ = s.accept()
c.sendall(b'ping'); a.recv(9); a.sendall(b'pong'); c.recv(9); print(path)
os.unlink(path)
PY`,
    });
    const unix = session.conns.filter((conn) => conn.unixPath === session.output.trim());
    expect(unix).toHaveLength(2);
    const [server, client] = [unix.find((conn) => conn.unixBound), unix.find((conn) => !conn.unixBound)];
    expect(server?.peerCookie).toBe(client?.cookie);
    expect(stream(session, client?.cookie ?? 0, 0)).toBe('ping');
    expect(stream(session, client?.cookie ?? 0, 1)).toBe('pong');
  });

  test.each([
    [1, 'heads'],
    [2, 'count'],
  ] as const)('policy %i: %s', (policy, _name) => {
    const session = observe({
      policy,
      command: `python3 - <<'PY'
${SYNC}
import socket
s = socket.socket(); s.bind(('127.0.0.1', 9004)); s.listen()
c = socket.create_connection(('127.0.0.1', 9004)); a, _ = s.accept()
def move(): c.sendall(b'p' * 9000); a.recv(9000, socket.MSG_WAITALL)
move(); sync()
for i in range(10): move()
PY`,
    });
    const client = session.conns.find((conn) => conn.role === 'client' && conn.family === 'ipv4');
    const sent = session.data.filter((record) => record.cookie === client?.cookie && record.direction === 0);
    const captured = sent.reduce((sum, record) => sum + record.text.length, 0);
    const told = sent.reduce((sum, record) => sum + record.length, 0);
    if (policy === 1) {
      // The first operation whole, then one record of 4096 bytes for each; the rest is told as length.
      expect([captured, told]).toEqual([9000 + 10 * 4096, 99_000]);
    } else {
      expect([captured, told]).toEqual([9000, 9000]);
      expect(session.counters.counted).toBeGreaterThanOrEqual(20);
    }
    expectClosedLedger(session);
  });
});
