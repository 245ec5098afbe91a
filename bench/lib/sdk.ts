import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const PACKAGES = ['@opentelemetry/api@1.9.1', '@opentelemetry/auto-instrumentations-node@0.81.2'];

/** What a user would add to a Node server instead. Installed into a cache; undefined, saying why, where it cannot be. */
export function sdkDirectory(): string | undefined {
  const directory = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sonde', 'bench-sdk');
  const ready = join(directory, '.ready');
  if (existsSync(ready)) return directory;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{"private": true}\n');
  try {
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...PACKAGES], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    console.log(`\nSKIPPED the OpenTelemetry SDK: npm could not install it: ${String(error).split('\n')[0]}`);
    return undefined;
  }
  writeFileSync(ready, '');
  return directory;
}
