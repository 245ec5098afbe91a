import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { bundle, describeKernel, FIRST, inNamespace } from '../support/kernel.ts';
import type { ProcessSession } from '../support/process_session.ts';

describeKernel('processes', () => {
  test('that live ten milliseconds are known by their environment, and forgotten', () => {
    const count = 29;
    const program = bundle('support/process_session.ts');
    const [command = '', ...args] = inNamespace(...FIRST, process.execPath, program, String(count));
    const session = JSON.parse(execFileSync(command, args, { timeout: 60_000 }).toString()) as ProcessSession;
    const expected = Array.from({ length: count }, (_, i) => `short-${i}`);
    // Under load a process may end before it is looked at; then it is named by its exec record, never wrongly.
    const known = session.serviceNames.filter((name) => name !== 'sleep');
    expect(expected).toEqual(expect.arrayContaining(known));
    expect(known.length).toBeGreaterThanOrEqual(count - 3);
    expect(session.executables).toEqual(expected.map(() => 'sleep'));
    expect(session.retired).toBe(count);
    // What is left is the session itself, as their parent.
    expect(session.size).toBeLessThanOrEqual(2);
  });
});
