import type { DbOptions } from './db.ts';
import type { Decoder } from './decoder.ts';
import type { HttpOptions } from './http_mapping.ts';
import { createHttp1 } from './http1.ts';
import { createHttp2 } from './http2.ts';
import { createMysql } from './mysql.ts';
import { createPostgresql } from './postgresql.ts';
import { createRedis } from './redis.ts';
import { createTls } from './tls.ts';

export interface DecoderOptions {
  readonly http: HttpOptions;
  readonly db: DbOptions;
}

/** Every decoder, in the order in which they look at the first bytes of a connection. */
export function createDecoders(options: DecoderOptions): readonly Decoder[] {
  return [
    createHttp1(options.http),
    createHttp2(options.http),
    createPostgresql(options.db),
    createMysql(options.db),
    createRedis(options.db),
    createTls(),
  ];
}
