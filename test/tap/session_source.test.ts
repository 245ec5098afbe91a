import { expect, test } from '@jest/globals';
import { SessionSource, type SessionUser } from '../../src/tap/session_source.ts';
import { createPostgresql } from '../../src/wire/postgresql.ts';
import { context } from '../wire/driver.ts';
import { query, startup } from '../wire/postgresql.cases.ts';

test('a database session takes other options at once, and keeps what it knows', () => {
  const user: SessionUser = {
    role: 'client',
    context: () => context,
    operation: () => undefined,
    reject: () => undefined,
  };
  const before = [createPostgresql({ query: 'keep' })];
  const after = [createPostgresql({ query: 'drop' })];
  const source = new SessionSource(user, before, false);
  const first = Buffer.from(startup, 'latin1');
  expect(source.find(0, first, 0, first.length, true)).toBe('found');
  const { session } = source;
  const bytes = Buffer.from(query('SELECT 1'), 'latin1');
  source.renew(after, 0, bytes, 0, bytes.length);
  expect(source.outdated(after)).toBe(false);
  expect(source.session).toBe(session);
});
