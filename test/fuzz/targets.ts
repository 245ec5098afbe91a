import type { Decoder } from '../../src/wire/decoder.ts';
import { createHttp1 } from '../../src/wire/http1.ts';
import { createHttp2 } from '../../src/wire/http2.ts';
import { createMysql } from '../../src/wire/mysql.ts';
import { createPostgresql } from '../../src/wire/postgresql.ts';
import { createRedis } from '../../src/wire/redis.ts';
import { createTls } from '../../src/wire/tls.ts';
import type { WireCase } from '../wire/driver.ts';
import { failures, framing, losses } from '../wire/http1.cases.ts';
import * as http2 from '../wire/http2.cases.ts';
import * as mysql from '../wire/mysql.cases.ts';
import * as postgresql from '../wire/postgresql.cases.ts';
import * as redis from '../wire/redis.cases.ts';
import * as tls from '../wire/tls.cases.ts';

export interface FuzzTarget {
  make(): Decoder;
  readonly corpus: readonly WireCase[];
}

/** Every decoder with the cases whose bytes are mutated. */
export const targets: Readonly<Record<string, FuzzTarget>> = {
  http1: {
    make: () =>
      createHttp1({
        routes: ['/users/{id}'],
        maxRoutes: 50,
        headers: { request: ['x-test'], response: [] },
        query: 'scrub',
      }),
    corpus: [...framing, ...failures, ...losses],
  },
  http2: {
    make: () =>
      createHttp2({ routes: [], maxRoutes: 50, headers: { request: ['x-test'], response: [] }, query: 'scrub' }),
    corpus: [...http2.framing, ...http2.failures, ...http2.context, ...http2.grpc, ...http2.losses],
  },
  mysql: {
    make: () => createMysql({ query: 'obfuscate' }),
    corpus: [...mysql.recordings, ...mysql.protocol, ...mysql.losses],
  },
  postgresql: {
    make: () => createPostgresql({ query: 'obfuscate' }),
    corpus: [...postgresql.recordings, ...postgresql.protocol, ...postgresql.losses],
  },
  redis: {
    make: () => createRedis({ query: 'keep' }),
    corpus: [...redis.recordings, ...redis.protocol, ...redis.losses],
  },
  tls: {
    make: createTls,
    corpus: [...tls.recordings, ...tls.hellos, ...tls.hostile, ...tls.losses],
  },
};
