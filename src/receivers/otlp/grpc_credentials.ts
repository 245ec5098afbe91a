import type { SecureServerOptions } from 'node:http2';
import type { SecureContextOptions } from 'node:tls';
import { grpc } from '../../transport/grpc.ts';

/** Credentials whose certificates and TLS versions can be set, and set anew while the server runs; null: no TLS. */
export class TlsCredentials extends grpc.ServerCredentials {
  constructor(options: SecureServerOptions | null, context?: SecureContextOptions) {
    super(options, context);
  }

  use(options: SecureContextOptions): void {
    this.updateSecureContextOptions(options);
  }

  override _equals(other: grpc.ServerCredentials): boolean {
    return this === other;
  }
}
