import { readFileSync, statSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeKernel, observe } from '../support/kernel.ts';
import type { Session } from '../support/kernel_session.ts';

const MIB = 2 ** 20;

function expectClosedLedger({ counters }: Session): void {
  expect(counters.recorded + counters.counted + counters.dropped).toBe(counters.operations);
  expect(counters.recordedBytes + counters.countedBytes + counters.droppedBytes).toBe(counters.bytes);
}

/** The bytes of one direction of one connection, put together by offset. */
function stream(session: Session, cookie: number, direction: number): string {
  let text = '';
  for (const record of session.data.filter((each) => each.cookie === cookie && each.direction === direction)) {
    expect(record.offset).toBe(text.length);
    expect(record.text.length).toBe(record.length);
    text += record.text;
  }
  return text;
}

describeKernel('the kernel tap', () => {
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

  test('tells the role of a connection that was open before', () => {
    const session = observe({
      before: `python3 -u - <<'PY'
import socket, time
s = socket.socket(); s.bind(('127.0.0.1', 9001)); s.listen()
c = socket.create_connection(('127.0.0.1', 9001)); a, _ = s.accept(); c.sendall(b'early'); a.recv(9)
print('ready'); time.sleep(1.5)
c.sendall(b'late'); a.recv(9); a.sendall(b'answer'); c.recv(9)
PY`,
      command: 'sleep 3',
    });
    const roles = session.conns.filter((conn) => conn.family === 'ipv4').map((conn) => [conn.role, conn.joined]);
    expect(roles.sort()).toEqual([
      ['client', true],
      ['server', true],
    ]);
    expect(
      session.data
        .filter((record) => record.length > 0)
        .map((record) => record.text)
        .sort(),
    ).toEqual(['answer', 'answer', 'late', 'late']);
  });

  test('tells of processes at once: exec, fork and exit', () => {
    const session = observe({ command: '/bin/sleep 0.05; /bin/true; exit 3' });
    const [sleep] = session.execs.filter((record) => record.filename === '/bin/sleep');
    const shell = session.execs.find((record) => record.process.tgid === sleep?.parentTgid);
    expect(session.execs.map((record) => record.filename)).toContain('/bin/true');
    expect(sleep?.process.comm).toBe('sleep');
    expect(sleep?.netns).toBe(shell?.netns);
    expect(session.forks.map((record) => record.child.tgid)).toContain(sleep?.process.tgid);
    expect(session.exits.find((record) => record.tgid === sleep?.process.tgid)).toMatchObject({
      startTime: sleep?.process.startTime,
      code: 0,
    });
    // Typically below 5 ms; a busy machine may take longer, a timer of 5-50 ms alone would not wake for it at all.
    expect(sleep?.delay).toBeLessThan(100e6);
    expect(sleep?.sinceWake).toBeLessThan(50e6);
  });

  test('marks its own sockets and records nothing of them; the other end is recorded', () => {
    const session = observe({
      connectTo: 9003,
      command: `python3 -u - <<'PY'
import socket
s = socket.socket(); s.bind(('127.0.0.1', 9003)); s.listen(); print('ready')
a, _ = s.accept()
while a.recv(99): pass
PY`,
    });
    const own = session.conns.find((conn) => conn.remotePort === 9003);
    const server = session.conns.find((conn) => conn.localPort === 9003);
    expect([own?.own, server?.own]).toEqual([true, false]);
    expect(session.data.filter((record) => record.cookie === own?.cookie)).toEqual([]);
    expect(stream(session, server?.cookie ?? 0, 1)).toBe('from sonde\n');
    expect(session.counters.counted).toBeGreaterThan(0);
    expectClosedLedger(session);
  });

  test.each([
    [1, 'heads'],
    [2, 'count'],
  ] as const)('policy %i: %s', (policy, _name) => {
    const session = observe({
      policy,
      command: `python3 - <<'PY'
import socket, time
s = socket.socket(); s.bind(('127.0.0.1', 9004)); s.listen()
c = socket.create_connection(('127.0.0.1', 9004)); a, _ = s.accept()
def move(): c.sendall(b'p' * 9000); a.recv(9000, socket.MSG_WAITALL)
move(); time.sleep(0.3)
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

  test('finds older sockets of every network namespace of the node', () => {
    const session = observe({
      options: { scope: 'node' },
      before: `unshare --net sh -c 'ip link set lo up; exec python3 -u -' <<'PY'
import socket, time
s = socket.socket(); s.bind(('127.0.0.1', 9005)); s.listen()
c = socket.create_connection(('127.0.0.1', 9005)); a, _ = s.accept()
print('ready'); time.sleep(1.5); c.sendall(b'other namespace'); a.recv(99)
PY`,
      command: 'sleep 3',
    });
    const conns = session.conns.filter((conn) => conn.localPort === 9005 || conn.remotePort === 9005);
    expect(conns.map((conn) => conn.role).sort()).toEqual(['client', 'server']);
  });

  test('without capabilities says what to grant', () => {
    const wrapper = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];
    expect(() => observe({ command: 'true' }, wrapper)).toThrow(/E_NO_PERMISSION.*grant CAP_BPF and CAP_PERFMON/s);
  });

  test('CAP_BPF, CAP_PERFMON and the right to look at the kernel are enough for a pod', () => {
    const wrapper = ['setpriv', '--bounding-set=-all,+bpf,+perfmon', '--inh-caps=-all'];
    expect(observe({ command: 'true' }, wrapper).hooks).toMatchObject({ 'iter/tcp': 'attached' });
  });

  test('says which back end cannot be had', () => {
    const request = { command: 'true', options: { backend: 'fexit' } } as const;
    try {
      expect(observe(request).backend).toBe('fexit');
    } catch (error) {
      // Kernels that refuse fexit programs, or have no such function, are named with a reason.
      expect(String(error)).toMatch(/SondeError: .*(refused the socket programs|no usable hook): fexit: /);
    }
  });

  test('is small, and leaves the memlock limit alone', () => {
    const before = readFileSync('/proc/self/limits', 'utf8');
    const session = observe({ command: 'grep "Max locked memory" /proc/$PPID/limits' });
    expect(session.mapBytes).toBeGreaterThan(2 * MIB);
    expect(session.mapBytes).toBeLessThan(16 * MIB);
    expect(before).toContain(session.output.trim());
  });

  test('counts what a full ring refuses, and goes on', () => {
    const session = observe({
      late: true,
      options: { ringBytes: 64 * 1024 },
      command: `python3 - <<'PY'
import socket
a, b = socket.socketpair()
for i in range(500): a.sendall(b'y' * 1000); b.recv(1000)
PY`,
    });
    expect(session.counters.operations).toBeGreaterThanOrEqual(1000);
    expect(session.counters.dropped).toBeGreaterThan(800);
    expect(session.counters.recorded).toBeGreaterThan(10);
    expectClosedLedger(session);
  });

  test('every byte is right when the ring wraps again and again', () => {
    const session = observe({
      options: { ringBytes: 256 * 1024 },
      command: `python3 - <<'PY'
import socket, time
s = socket.socket(); s.bind(('127.0.0.1', 9002)); s.listen()
c = socket.create_connection(('127.0.0.1', 9002)); a, _ = s.accept()
for i in range(1500):
    c.sendall((b'%08d' % i) * (1 + i % 97)); n = 8 * (1 + i % 97)
    while n: n -= len(a.recv(n))
    if i % 50 == 0: time.sleep(0.005)
PY`,
    });
    const expected = Array.from({ length: 1500 }, (_, i) =>
      String(i)
        .padStart(8, '0')
        .repeat(1 + (i % 97)),
    ).join('');
    expect(session.counters.dropped).toBe(0);
    const client = session.conns.find((conn) => conn.role === 'client');
    const server = session.conns.find((conn) => conn.role === 'server');
    expect(stream(session, client?.cookie ?? 0, 0)).toBe(expected);
    expect(stream(session, server?.cookie ?? 0, 1)).toBe(expected);
  });

  test('runs as the scope says: the inode of the network namespace', () => {
    const session = observe({ command: 'stat -Lc %i /proc/self/ns/net' });
    expect(session.execs.at(-1)?.netns).toBe(Number(session.output));
    expect(session.execs.at(-1)?.netns).not.toBe(statSync('/proc/self/ns/net').ino);
  });
});
