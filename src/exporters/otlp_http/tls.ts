import { readFileSync } from 'node:fs';
import { type ConnectionOptions, rootCertificates, type SecureContextOptions, type SecureVersion } from 'node:tls';
import type { OtlpHttpConfig } from './config.ts';

const versions: Readonly<Record<string, SecureVersion>> = {
  '1.0': 'TLSv1',
  '1.1': 'TLSv1.1',
  '1.2': 'TLSv1.2',
  '1.3': 'TLSv1.3',
};

/** Throws when a file cannot be read: that fails the start. */
export function tlsOptions(config: OtlpHttpConfig['tls']): SecureContextOptions & ConnectionOptions {
  const ca = pem(config.ca_pem, config.ca_file);
  const cert = pem(config.cert_pem, config.cert_file);
  const key = pem(config.key_pem, config.key_file);
  const max = versions[config.max_version];
  return {
    minVersion: versions[config.min_version] ?? 'TLSv1.2',
    rejectUnauthorized: !config.insecure_skip_verify,
    ...(max === undefined ? {} : { maxVersion: max }),
    ...(ca === undefined ? {} : { ca: config.include_system_ca_certs_pool ? [ca, ...rootCertificates] : ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(config.server_name_override === '' ? {} : { servername: config.server_name_override }),
  };
}

function pem(text: string, file: string): string | undefined {
  if (text !== '') return text;
  if (file === '') return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`failed to load TLS config: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
