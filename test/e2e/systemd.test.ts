import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { nodeClient } from '../support/clients.ts';
import { Contained, containerFolders, deleteFolders, TO_FILE } from '../support/contained.ts';
import { Netns } from '../support/netns.ts';
import { repository } from '../support/paths.ts';
import { nginx } from '../support/servers.ts';

/** Neither root nor the user of the server. */
const SOMEBODY = 61_184;
const unit = readFileSync(join(repository, 'config', 'systemd', 'sonde.service'), 'utf8');

function directive(name: string): string {
  return new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';
}

test('the unit of systemd works without root, with the capabilities that it names', async () => {
  expect(directive('DynamicUser')).toBe('yes');
  expect(directive('CapabilityBoundingSet')).toBe(directive('AmbientCapabilities'));
  const netns = new Netns();
  const server = await nginx(netns);
  const config = readFileSync(join(repository, 'config', 'sidecar.yaml'), 'utf8');
  const directory = containerFolders(config, SOMEBODY);
  try {
    const sonde = new Contained(
      netns,
      directory,
      {
        uid: SOMEBODY,
        capabilities: directive('AmbientCapabilities').split(' '),
        ambient: true,
        mayGain: directive('NoNewPrivileges') !== 'yes',
      },
      [...directive('ExecStart').split(' '), '--config', TO_FILE],
      {},
    );
    await sonde.until('the programs', () => sonde.stderr().includes('eBPF programs are attached'));
    await nodeClient(netns, server, { name: 'unit', count: 20 });
    await sonde.until('40 spans', () => sonde.spans().length >= 40);
    expect(await sonde.terminate()).toEqual([0, null]);
    expect(sonde.stderr()).not.toMatch(/\terror\t/);
  } finally {
    await server.stop();
    await netns.delete();
    deleteFolders(directory);
  }
});
