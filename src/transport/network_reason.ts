/** What is meant by errors of OpenSSL, of HTTP parsers and of the resolver whose own text helps nobody, and what to do. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [
    /WRONG_VERSION_NUMBER|wrong version number/,
    'the server does not speak TLS: write http://, or for gRPC tls::insecure',
  ],
  [/^ENOTFOUND|^EAI_AGAIN/, 'no such host: is the name right, and does this network know it?'],
  [/^HPE_/, 'the answer is no HTTP/1.1: is this the port of gRPC or of TLS?'],
  [/socket hang up/, 'the server closed the connection without an answer: does it expect TLS (https://)?'],
  [/the server closed the connection/, 'does it expect TLS (without tls::insecure)?'],
  [
    /^ERR_HTTP2_|Protocol error|a frame is too long/,
    'the server does not speak HTTP/2: is this the port of OTLP/HTTP?',
  ],
  [
    /^(DEPTH_ZERO_)?SELF_SIGNED_CERT|^UNABLE_TO_(GET_ISSUER|VERIFY)/,
    'the certificate is not signed by an authority that is trusted: set tls::ca_file',
  ],
  [/^ERR_TLS_CERT_ALTNAME_INVALID/, 'use a name of the certificate, or set tls::server_name_override'],
];

/** An error of a connection as one line: its text, and in brackets what it means. */
export function networkReason(error: unknown): string {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  // OpenSSL's have the number of a thread before the reason, and its own file and line behind.
  const text = message.replace(/\S+:error:[^:]*:[^:]*:[^:]*:([^:]*):.*$/s, '$1').trim() || code || String(error);
  const meaning = meanings.find(([pattern]) => pattern.test(code) || pattern.test(message))?.[1];
  return meaning === undefined ? text : `${text} (${meaning})`;
}
