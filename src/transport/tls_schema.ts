/** Keys and rules of the Collector's config/configtls. */
const common = {
  ca_file: { type: 'string', default: '', description: 'PEM file of the certificates to trust.' },
  ca_pem: { type: 'string', default: '', 'x-sonde-secret': true, description: 'The same as text.' },
  include_system_ca_certs_pool: {
    type: 'boolean',
    default: false,
    description: 'Trusts the system’s certificates as well.',
  },
  cert_file: { type: 'string', default: '', description: 'PEM file of the own certificate.' },
  cert_pem: { type: 'string', default: '', 'x-sonde-secret': true, description: 'The same as text.' },
  key_file: { type: 'string', default: '', description: 'PEM file of its key.' },
  key_pem: { type: 'string', default: '', 'x-sonde-secret': true, description: 'The same as text.' },
  min_version: { type: 'string', default: '', description: 'Lowest TLS version, 1.2 if empty.' },
  max_version: { type: 'string', default: '', description: 'Highest TLS version.' },
  cipher_suites: {
    type: 'array',
    items: { type: 'string' },
    default: [],
    description: 'Names of the cipher suites of TLS 1.2; Node’s if empty.',
  },
  include_insecure_cipher_suites: {
    type: 'boolean',
    default: false,
    description: 'Accepted: cipher_suites may name any that OpenSSL still has.',
  },
  curve_preferences: {
    type: 'array',
    items: { type: 'string', enum: ['X25519', 'P256', 'P384', 'P521', 'X25519MLKEM768'] },
    default: [],
    description: 'Key exchanges to offer, in order; Node’s if empty.',
  },
  tpm: {
    type: 'object',
    default: {},
    description: 'Keys in a TPM.',
    properties: {
      enabled: { type: 'boolean', default: false, description: 'Must be false: keys are read from files only.' },
      path: { type: 'string', default: '', description: 'Accepted.' },
      owner_auth: { type: 'string', default: '', 'x-sonde-secret': true, description: 'Accepted.' },
      auth: { type: 'string', default: '', 'x-sonde-secret': true, description: 'Accepted.' },
    },
    additionalProperties: false,
  },
  reload_interval: {
    type: 'string',
    format: 'duration',
    default: '0s',
    description: 'The files are read again this often; 0 is never.',
  },
} as const;

export const tlsServerSchema = {
  type: 'object',
  'x-sonde-optional': true,
  'x-sonde-switch': true,
  description: 'Transport security; absent: none.',
  properties: {
    ...common,
    client_ca_file: {
      type: 'string',
      default: '',
      description: 'PEM file: clients must show a certificate that these have signed.',
    },
    client_ca_file_reload: {
      type: 'boolean',
      default: false,
      description: 'Reads client_ca_file again when it changes.',
    },
  },
  additionalProperties: false,
} as const;

export const tlsClientSchema = {
  type: 'object',
  default: {},
  description: 'Transport security.',
  properties: {
    insecure: { type: 'boolean', default: false, description: 'No TLS.' },
    insecure_skip_verify: { type: 'boolean', default: false, description: 'Takes any server certificate.' },
    server_name_override: { type: 'string', default: '', description: 'Name to ask for and to verify.' },
    ...common,
  },
  additionalProperties: false,
} as const;

export interface TlsConfig {
  readonly ca_file: string;
  readonly ca_pem: string;
  readonly include_system_ca_certs_pool: boolean;
  readonly cert_file: string;
  readonly cert_pem: string;
  readonly key_file: string;
  readonly key_pem: string;
  readonly min_version: string;
  readonly max_version: string;
  readonly cipher_suites: readonly string[];
  readonly curve_preferences: readonly string[];
  readonly tpm: { readonly enabled: boolean };
  /** Milliseconds. */
  readonly reload_interval: number;
}

export interface TlsServerConfig extends TlsConfig {
  readonly client_ca_file: string;
  readonly client_ca_file_reload: boolean;
}

export interface TlsClientConfig extends TlsConfig {
  readonly insecure: boolean;
  readonly insecure_skip_verify: boolean;
  readonly server_name_override: string;
}

export const tlsVersions = { '1.0': 'TLSv1', '1.1': 'TLSv1.1', '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' } as const;

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** Texts of config/configtls/configtls.go. `path` is where the section is. */
export function validateTls(config: TlsConfig, path: readonly string[], server: boolean): Problem[] {
  const problems: Problem[] = [];
  const add = (message: string, ...key: string[]): void => {
    problems.push({ path: [...path, ...key], message });
  };
  if (config.ca_file !== '' && config.ca_pem !== '') {
    add('provide either a CA file or the PEM-encoded string, but not both', 'ca_pem');
  }
  if (config.cert_file !== '' && config.cert_pem !== '') {
    add('provide either certificate file or PEM, but not both', 'cert_pem');
  }
  if (config.key_file !== '' && config.key_pem !== '') add('provide either key file or PEM, but not both', 'key_pem');
  if (config.tpm.enabled) add('keys in a TPM are not supported: use key_file or key_pem', 'tpm', 'enabled');
  const cert = config.cert_file !== '' || config.cert_pem !== '';
  const key = config.key_file !== '' || config.key_pem !== '';
  if (cert !== key) {
    add('TLS configuration must include both certificate and key (CertFile/CertPem and KeyFile/KeyPem)');
  } else if (server && !cert) {
    add('TLS configuration must include both certificate and key for server connections');
  }
  for (const each of ['min_version', 'max_version'] as const) {
    const version = config[each];
    if (version !== '' && !Object.hasOwn(tlsVersions, version)) {
      add(`invalid TLS ${each}: unsupported TLS version: "${version}"`, each);
    }
  }
  const { min_version: min, max_version: max } = config;
  if (max !== '' && max < (min === '' ? '1.2' : min)) {
    add('invalid TLS configuration: min_version cannot be greater than max_version', 'max_version');
  }
  return problems;
}
