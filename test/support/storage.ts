import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileStorageConfig } from '../../src/extensions/file_storage/config.ts';
import { FileStorage } from '../../src/extensions/file_storage/file_storage.ts';
import { type TestSettings, testSettings } from './settings.ts';

/** A storage extension in a directory of its own. */
export class TestStorage {
  readonly directory = mkdtempSync(join(tmpdir(), 'sonde-storage-'));
  extension: FileStorage | undefined;

  async start(config: Partial<FileStorageConfig> = {}): Promise<FileStorage> {
    this.extension = new FileStorage(testSettings('file_storage'), { ...storageDefaults(this.directory), ...config });
    await this.extension.start();
    return this.extension;
  }

  /** Settings of an exporter that may use the extension. */
  settings(id = 'otlp_http'): TestSettings {
    return { ...testSettings(id), extension: (name) => (name === 'file_storage' ? this.extension : undefined) };
  }

  async stop(): Promise<void> {
    await this.extension?.shutdown();
    this.extension = undefined;
  }

  async clean(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function storageDefaults(directory: string): FileStorageConfig {
  return {
    directory,
    create_directory: false,
    directory_permissions: '0750',
    timeout: 200,
    fsync: false,
    max_size: 0,
    recreate: false,
    compaction: {
      on_start: false,
      on_rebound: false,
      directory: '',
      cleanup_on_start: false,
      rebound_needed_threshold_mib: 100,
      rebound_trigger_threshold_mib: 10,
      max_transaction_size: 65536,
      check_interval: 5000,
    },
  };
}
