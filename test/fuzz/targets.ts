import type { Decoder } from '../../src/wire/decoder.ts';
import { createHttp1 } from '../../src/wire/http1.ts';
import { createPostgresql } from '../../src/wire/postgresql.ts';
import { createRedis } from '../../src/wire/redis.ts';
import type { WireCase } from '../wire/driver.ts';
import { failures, framing, losses } from '../wire/http1.cases.ts';
import * as postgresql from '../wire/postgresql.cases.ts';
import * as redis from '../wire/redis.cases.ts';

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
  postgresql: {
    make: () => createPostgresql({ query: 'obfuscate' }),
    corpus: [...postgresql.recordings, ...postgresql.protocol, ...postgresql.losses],
  },
  redis: {
    make: () => createRedis({ query: 'keep' }),
    corpus: [...redis.recordings, ...redis.protocol, ...redis.losses],
  },
};
