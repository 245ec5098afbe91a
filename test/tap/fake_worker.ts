// A tap worker whose kernel side is made up: an exchange each 5 ms, and a death on request.
import { parentPort } from 'node:worker_threads';
import { SondeError } from '../../src/errors.ts';
import { serve } from '../../src/tap/serve.ts';
import { Bench, FakeKernel, FakeWriter } from './kit.ts';

// A dozen fill what the tests' receiver may have under way.
FakeWriter.size = 20_000;

const { parts, processes } = new Bench();

/** Asks and answers at each drain; process.env tells how it goes wrong. */
class TalkingKernel extends FakeKernel {
  private exchanges = 0;
  override now(): number {
    return Math.round(performance.now() * 1e6);
  }
  override counters(): ReturnType<FakeKernel['counters']> {
    if (process.env['FAKE_TAP'] === 'dies when asked') throw new Error('died of a question');
    return super.counters();
  }
  override drain(handler: Parameters<FakeKernel['drain']>[0]): number {
    if (this.stopped) return 0;
    const time = this.now();
    if (this.exchanges++ === 0) {
      const process = { tgid: 7, pid: 7, startTime: 1, cgroupId: 1, comm: 'p7' };
      processes.owner(process);
      handler.conn({ ...connection, time, process });
    }
    const at = (this.exchanges - 1) * 3;
    const bytes = Buffer.from('?a\n!!\n');
    const operation = { cookie: 1, generation: 1, first: true, time, offset: at, length: 3, captured: 3, bytes };
    const rest = { skip: 0, tgid: 7, tid: 7 };
    handler.data({ ...operation, ...rest, direction: 0, start: 0 });
    handler.data({ ...operation, ...rest, direction: 1, start: 3 });
    return 100;
  }
}

const connection = {
  cookie: 1,
  generation: 1,
  family: 'ipv4',
  role: 'client',
  joined: false,
  own: false,
  ownerChanged: false,
  peerCookie: 0,
  localAddress: '10.0.0.1',
  remoteAddress: '10.0.0.2',
  localPort: 4000,
  remotePort: 80,
  netns: 1,
  sendBase: 0,
  recvBase: 0,
  unixPath: '',
  unixBound: false,
} as const;

if (parentPort === null) throw new Error('not a worker');
if (process.env['FAKE_TAP'] === 'dies at once') throw new Error('stillborn');
serve(parentPort, {
  ...parts,
  openKernelTap: () => {
    if (process.env['FAKE_TAP'] === 'refused') {
      throw new SondeError('E_NO_PERMISSION', { what: 'bpf', reason: 'EPERM' });
    }
    return new TalkingKernel();
  },
});
