import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeKernel, observe } from '../support/kernel.ts';

const MIB = 2 ** 20;

describeKernel('the start of the tap', () => {
  test('without capabilities says what to grant', () => {
    const wrapper = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];
    expect(() => observe({ command: 'true' }, wrapper)).toThrow(/E_NO_PERMISSION.*grant CAP_BPF and CAP_PERFMON/s);
    // libbpf's advice is for kernels before 5.11.
    expect(() => observe({ command: 'true' }, wrapper)).not.toThrow(/SondeError: .*MEMLOCK/);
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
});
