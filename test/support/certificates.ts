import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority for one test, by the openssl program; files in a directory of its own. */
export class TestAuthority {
  readonly directory = mkdtempSync(join(tmpdir(), 'sonde-tls-'));
  readonly ca = join(this.directory, 'ca.pem');
  readonly #key = join(this.directory, 'ca.key');

  constructor() {
    this.#openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2');
  }

  /** For localhost and 127.0.0.1; a second call with the same name replaces the files. */
  issue(name: string): Certificate {
    const path = (extension: string): string => join(this.directory, `${name}.${extension}`);
    const extensions = path('ext');
    writeFileSync(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    run(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      path('key'),
      '-out',
      path('csr'),
    );
    run(
      'x509',
      '-req',
      '-in',
      path('csr'),
      '-CA',
      this.ca,
      '-CAkey',
      this.#key,
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      extensions,
      '-out',
      path('pem'),
    );
    return { cert: path('pem'), key: path('key') };
  }

  delete(): void {
    rmSync(this.directory, { recursive: true });
  }

  #openssl(...args: string[]): void {
    run(...args, '-subj', '/CN=test authority', '-keyout', this.#key, '-out', this.ca);
  }
}

function run(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}
