import type { ConnectionOptions, SecureContextOptions } from 'node:tls';
import { secureContextOptions } from '../../transport/tls_options.ts';
import type { TlsClientConfig } from '../../transport/tls_schema.ts';

/** Throws when a file cannot be read: that fails the start. */
export function tlsOptions(config: TlsClientConfig): SecureContextOptions & ConnectionOptions {
  const { insecure_skip_verify: careless, server_name_override: name } = config;
  return {
    ...secureContextOptions(config),
    rejectUnauthorized: !careless,
    ...(name === '' ? {} : { servername: name }),
  };
}
