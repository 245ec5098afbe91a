import { readFileSync } from 'node:fs';
import { rootCertificates, type SecureContextOptions } from 'node:tls';
import { timerMs } from './timer.ts';
import { type TlsConfig, type TlsServerConfig, tlsVersions } from './tls_schema.ts';

/** Reads the files. Throws when one cannot be read: that fails the start, and a reload keeps what was. */
export function secureContextOptions(config: TlsConfig): SecureContextOptions {
  const ca = trusted(config.ca_pem, config.ca_file, config);
  return { ...identity(config), ...(ca === undefined ? {} : { ca }) };
}

/** `client_ca_file` is what clients are verified against. */
export function serverContextOptions(config: TlsServerConfig): SecureContextOptions {
  const ca = trusted('', config.client_ca_file, config);
  return { ...identity(config), ...(ca === undefined ? {} : { ca }) };
}

function identity(config: TlsConfig): SecureContextOptions {
  const cert = pem(config.cert_pem, config.cert_file);
  const key = pem(config.key_pem, config.key_file);
  const versions: Readonly<Record<string, (typeof tlsVersions)[keyof typeof tlsVersions]>> = tlsVersions;
  const max = versions[config.max_version];
  return {
    minVersion: versions[config.min_version] ?? 'TLSv1.2',
    ...(max === undefined ? {} : { maxVersion: max }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(config.cipher_suites.length === 0 ? {} : { ciphers: config.cipher_suites.map(opensslName).join(':') }),
    ...(config.curve_preferences.length === 0
      ? {}
      : { ecdhCurve: config.curve_preferences.map((name) => name.replace(/^P(?=\d)/, 'P-')).join(':') }),
  };
}

function trusted(text: string, file: string, config: TlsConfig): string | string[] | undefined {
  const own = pem(text, file);
  return own !== undefined && config.include_system_ca_certs_pool ? [own, ...rootCertificates] : own;
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

/** `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` is `ECDHE-RSA-AES128-GCM-SHA256` to OpenSSL; names of TLS 1.3 are the same. */
export function opensslName(suite: string): string {
  if (!suite.includes('_WITH_')) return suite;
  return suite
    .replace(/^TLS_/, '')
    .replace('_WITH_', '_')
    .replace(/^RSA_/, '')
    .replace(/AES_(\d+)/, 'AES$1')
    .replace(/CHACHA20_POLY1305(_SHA256)?/, 'CHACHA20_POLY1305')
    .replace(/_CBC_/, '_')
    .replaceAll('_', '-');
}

/**
 * Reads the files every `reload_interval` and gives the new options to `use` when they changed. New connections have
 * them, open ones stay. Returns what ends it.
 */
export function watchTls(
  config: TlsConfig & { readonly client_ca_file_reload?: boolean },
  read: () => SecureContextOptions,
  use: (options: SecureContextOptions) => void,
  failed: (error: unknown) => void,
): () => void {
  const interval =
    config.reload_interval > 0 ? config.reload_interval : config.client_ca_file_reload === true ? CA_RELOAD_MS : 0;
  if (interval === 0) return () => undefined;
  let last = JSON.stringify(read());
  const timer = setInterval(() => {
    try {
      const options = read();
      const text = JSON.stringify(options);
      if (text === last) return;
      use(options);
      last = text;
    } catch (error) {
      failed(error);
    }
  }, timerMs(interval));
  timer.unref();
  return () => clearInterval(timer);
}

const CA_RELOAD_MS = 10_000;
