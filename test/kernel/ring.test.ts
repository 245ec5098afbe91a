import { expect, test } from '@jest/globals';
import { describeKernel, observe, SYNC } from '../support/kernel.ts';
import { expectClosedLedger, stream } from '../support/kernel_expect.ts';

describeKernel('the ring', () => {
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
${SYNC}
import socket
s = socket.socket(); s.bind(('127.0.0.1', 9002)); s.listen()
c = socket.create_connection(('127.0.0.1', 9002)); a, _ = s.accept()
for i in range(1500):
    c.sendall((b'%08d' % i) * (1 + i % 97)); n = 8 * (1 + i % 97)
    while n: n -= len(a.recv(n))
    if i % 50 == 0: sync()
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
});
