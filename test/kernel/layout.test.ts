import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { loadAddon } from '../../src/kernel/addon_loader.ts';
import * as layout from '../../src/kernel/layout.gen.ts';
import { describeKernel } from '../support/kernel.ts';

describeKernel('layout.gen.ts', () => {
  test('has the sizes that the C compiler gives', () => {
    const constants: Record<string, number> = layout;
    for (const [struct, size] of Object.entries(loadAddon().sizeof)) {
      expect([struct, constants[`${struct.replace('sonde_', '').toUpperCase()}_SIZE`]]).toEqual([struct, size]);
    }
    expect(Object.keys(loadAddon().sizeof)).toHaveLength(12);
  });

  test('is what the generator writes', () => {
    const generator = fileURLToPath(new URL('../../scripts/gen/layout.mjs', import.meta.url));
    execFileSync(process.execPath, [generator, '--check']);
  });
});
