import { expect, test } from '@jest/globals';
import { describeKernel, FIRST, observe } from '../support/kernel.ts';

describeKernel('process events', () => {
  test('tells of processes at once: exec, fork and exit', () => {
    const session = observe({ command: '/bin/sleep 2; /bin/true; exit 3', wakeOnly: true }, FIRST);
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
    // No timer reads the ring here: without the wake-up the record would wait until the command has ended.
    expect(sleep?.delay).toBeLessThan(1e9);
  });
});
