import { expect, test } from '@jest/globals';
import { type OtlpHttpConfig, schema } from '../../../src/exporters/otlp_http/config.ts';
import { componentConfig } from '../../support/component_config.ts';
import { otlpHttpConfig } from '../../support/otlp_http.ts';

// What README.md of the Collector's confighttp, configtls and exporterhelper show, each key at least once.
const everything = `
endpoint: https://localhost:4318
traces_endpoint: https://localhost:4318/t
profiles_endpoint: https://localhost:4318/p
encoding: json
proxy_url: http://user:pass@proxy:3128
read_buffer_size: 0
write_buffer_size: 524288
timeout: 30s
headers: {test1: value1, test 2: value 2}
compression: zstd
compression_params: {level: 3}
max_idle_conns: 100
max_idle_conns_per_host: 2
max_conns_per_host: 10
idle_conn_timeout: 90s
disable_keep_alives: false
middlewares: []
tls:
  insecure: false
  ca_file: ca.pem
  cert_file: cert.pem
  key_file: key.pem
  include_system_ca_certs_pool: true
  min_version: "1.2"
  max_version: "1.3"
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]
  include_insecure_cipher_suites: true
  curve_preferences: [X25519, P256]
  reload_interval: 1h
  server_name_override: upstream
  insecure_skip_verify: false
  tpm: {enabled: false, path: /dev/tpmrm0}
retry_on_failure: {enabled: true, initial_interval: 10s, randomization_factor: 0.7, multiplier: 1.3, max_interval: 60s, max_elapsed_time: 10m}
sending_queue:
  enabled: true
  num_consumers: 2
  wait_for_result: false
  block_on_overflow: true
  sizer: items
  queue_size: 100000
  storage: file_storage/otc
  batch: {flush_timeout: 200ms, min_size: 1000, max_size: 10000, sizer: items, partition: {metadata_keys: []}}
`;

test('every key of the Collector loads, and none that is as it would be anyway is warned about', () => {
  expect(otlpHttpConfig(everything).messages).toEqual([]);
  expect(warnings(everything)).toEqual([]);
});

test('headers may be a list of pairs', () => {
  const { config, messages } = otlpHttpConfig(
    '{endpoint: "http://a", headers: [{name: A, value: x}, {name: b}, {name: C, value: "1"}]}',
  );
  expect(messages).toEqual([]);
  expect(config.headers).toEqual({ A: 'x', b: '', C: '1' });
});

test('what has no effect is told with its place', () => {
  expect(
    warnings(`endpoint: http://a:1
force_attempt_http2: true
http2_read_idle_timeout: 10s
http2_ping_timeout: 5s
cookies: {}
read_buffer_size: 4096
`),
  ).toEqual([
    'test:2:1: force_attempt_http2: has no effect: requests are HTTP/1.1',
    'test:3:1: http2_read_idle_timeout: has no effect: requests are HTTP/1.1',
    'test:4:1: http2_ping_timeout: has no effect: requests are HTTP/1.1',
    'test:5:1: cookies: has no effect: cookies are not kept',
    'test:6:1: read_buffer_size: has no effect: Node sizes its own buffers',
  ]);
});

test.each([
  ['{}', ': at least one endpoint must be specified, for example endpoint: http://localhost:4318'],
  [
    '{endpoint: "http://a", headers: [{name: a, value: x}, {name: a, value: y}]}',
    'headers: duplicate keys in map-style list: [a]',
  ],
  ['{endpoint: "http://a", headers: [{nam: a}]}', 'headers::0: has invalid keys: nam'],
  ['{endpoint: "http://a", headers: [a]}', 'headers::0: expected a map or struct, got "string"'],
  ['{endpoint: "http://a", compression: br}', 'compression: unsupported value "br"'],
  [
    '{endpoint: "http://a", compression_params: {level: 10}}',
    'compression_params::level: unsupported parameters {Level:10} for compression type "gzip"',
  ],
  [
    '{endpoint: "http://a", compression: snappy, compression_params: {level: 1}}',
    'compression_params::level: unsupported parameters {Level:1} for compression type "snappy"',
  ],
  [
    '{endpoint: "http://a", proxy_url: "socks5://proxy:1080"}',
    'proxy_url: proxies of the scheme "socks5" are not supported, use http or https',
  ],
  ['{endpoint: "http://a", proxy_url: "proxy"}', 'proxy_url: a URL such as http://proxy:3128 is needed'],
  [
    '{endpoint: "http://a", auth: {authenticator: oauth2client}}',
    'auth::authenticator: failed to resolve authenticator "oauth2client": Sonde has no authenticator extensions; set the header under headers',
  ],
  [
    '{endpoint: "http://a", middlewares: [{id: limiter}]}',
    'middlewares::0: failed to resolve middleware "limiter": Sonde has no middleware extensions',
  ],
  [
    '{endpoint: "http://a", tls: {tpm: {enabled: true}}}',
    'tls::tpm::enabled: keys in a TPM are not supported: use key_file or key_pem',
  ],
])('%s: %s', (yaml, message) => {
  expect(otlpHttpConfig(yaml).messages).toEqual([message]);
});

function warnings(yaml: string): string[] {
  return componentConfig<OtlpHttpConfig>(schema, yaml).warnings;
}
