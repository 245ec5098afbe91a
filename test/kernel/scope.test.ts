import { statSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeKernel, observe } from '../support/kernel.ts';
import { expectClosedLedger, stream } from '../support/kernel_expect.ts';

describeKernel('whose sockets', () => {
  test('tells the role of a connection that was open before', () => {
    const session = observe({
      before: `python3 -u - <<'PY'
import os, socket
s = socket.socket(); s.bind(('127.0.0.1', 9001)); s.listen()
c = socket.create_connection(('127.0.0.1', 9001)); a, _ = s.accept(); c.sendall(b'early'); a.recv(9)
print('ready'); os.read(3, 1)
c.sendall(b'late'); a.recv(9); a.sendall(b'answer'); c.recv(9)
PY`,
      command: 'true',
    });
    const conns = session.conns.filter((conn) => conn.family === 'ipv4');
    expect(conns.map((conn) => [conn.role, conn.joined]).sort()).toEqual([
      ['client', true],
      ['server', true],
    ]);
    expect(
      session.data
        .filter(({ length, cookie }) => length > 0 && conns.some((conn) => conn.cookie === cookie))
        .map((record) => record.text)
        .sort(),
    ).toEqual(['answer', 'answer', 'late', 'late']);
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

  test('finds older sockets of every network namespace of the node', () => {
    const session = observe({
      // What other programs of the machine do is recorded, too.
      options: { scope: 'node', ringBytes: 64 << 20 },
      before: `unshare --net sh -c 'ip link set lo up; exec python3 -u -' <<'PY'
import os, socket
s = socket.socket(); s.bind(('127.0.0.1', 9005)); s.listen()
c = socket.create_connection(('127.0.0.1', 9005)); a, _ = s.accept()
print('ready'); os.read(3, 1); c.sendall(b'other namespace'); a.recv(99)
PY`,
      command: 'true',
    });
    const conns = session.conns.filter((conn) => conn.localPort === 9005 || conn.remotePort === 9005);
    expect(conns.map((conn) => conn.role).sort()).toEqual(['client', 'server']);
  });

  test('runs as the scope says: the inode of the network namespace', () => {
    const session = observe({ command: 'stat -Lc %i /proc/self/ns/net' });
    expect(session.execs.at(-1)?.netns).toBe(Number(session.output));
    expect(session.execs.at(-1)?.netns).not.toBe(statSync('/proc/self/ns/net').ino);
  });
});
