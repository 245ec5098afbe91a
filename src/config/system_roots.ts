import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

/** Where distributions keep them, in Go's order (crypto/x509/root_linux.go). */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The machine's certificate authorities, as the Collector finds them: SSL_CERT_FILE and SSL_CERT_DIR (colons between several), else the
 * distribution's bundle, else those that Node brings.
 */
export function systemRoots(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const { SSL_CERT_FILE: file = '', SSL_CERT_DIR: directories = '' } = env;
  const files = file === '' ? bundles : [file];
  const [bundle] = files.flatMap((path) => read(path) ?? []);
  const single = directories
    .split(':')
    .filter((directory) => directory !== '')
    .flatMap((directory) => list(directory).flatMap((name) => read(join(directory, name)) ?? []));
  const found = [...(bundle === undefined ? [] : [bundle]), ...single];
  return found.length === 0 ? rootCertificates : found;
}

function read(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return text.includes('-----BEGIN CERTIFICATE-----') ? text : undefined;
  } catch {
    return undefined;
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
