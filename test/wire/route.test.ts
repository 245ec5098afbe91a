import { describe, expect, test } from '@jest/globals';
import { guessRoute, RoutePatterns, RouteTable } from '../../src/wire/route.ts';

describe('the guess', () => {
  test.each([
    // Names stay.
    ['/', '/'],
    ['/hello', '/hello'],
    ['/hello/', '/hello/'],
    ['/api/v1/users', '/api/v1/users'],
    ['/api/v2.1/users', '/api/v2.1/users'],
    ['/apis/apps/v1beta1/deployments', '/apis/apps/v1beta1/deployments'],
    ['/static/js/main.js', '/static/js/main.js'],
    ['/index.html', '/index.html'],
    ['/.well-known/openid-configuration', '/.well-known/openid-configuration'],
    ['/getUserAccountDetails', '/getUserAccountDetails'],
    ['/oauth2/token', '/oauth2/token'],
    ['/s3/bucket', '/s3/bucket'],
    ['/product_categories', '/product_categories'],
    ['/my-very-long-kebab-case-page-name', '/my-very-long-kebab-case-page-name'],
    ['/feedback', '/feedback'],
    ['/defaced', '/defaced'],
    ['/grpc.health.v1.Health/Check', '/grpc.health.v1.Health/Check'],
    // Data goes.
    ['/users/1', '/users/{id}'],
    ['/users/12345/orders/9', '/users/{id}/orders/{id}'],
    ['/users/-5', '/users/{id}'],
    ['/price/19.99', '/price/{id}'],
    ['/v1/00000000-0000-0000-0000-000000000000', '/v1/{uuid}'],
    ['/f47ac10b58cc4372a5670e02b2c3d479', '/{uuid}'],
    ['/commit/3f9a8b7', '/commit/{value}'],
    ['/commit/3f9a8b7c', '/commit/{hash}'],
    ['/blob/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '/blob/{hash}'],
    ['/2026-11-21', '/{date}'],
    ['/2026-11', '/{date}'],
    ['/logs/2026-11-21T10:00:00Z', '/logs/{date}'],
    ['/21.11.2026', '/{date}'],
    ['/users/ann@example.com', '/users/{email}'],
    ['/users/ann%40example.com', '/users/{email}'],
    ['/t/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9', '/t/{value}'],
    ['/t/dQw4w9WgXcQ7zR2', '/t/{value}'],
    ['/order-12345', '/{value}'],
    ['/assets/index-3f9a8b7c.js', '/assets/{value}.js'],
    ['/img/1234.png', '/img/{id}.png'],
    ['/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/{value}'],
    ['/64b7f0c2a9d3e8f1b2c4d6e8', '/{hash}'],
    [`/${'p'.repeat(50)}`, '/{value}'],
    ['/%E4%BD%A0', '/{value}'],
    ['/%zz', '/{value}'],
    ['/a;jsessionid=1234', '/a'],
    ["/x'%20OR%201=1", '/{value}'],
    ['/a/b/c/d/e/f/g/h/i/j/k/l/m/n', '/a/b/c/d/e/f/g/h/i/j/k/l/*'],
    ['//a', '//a'],
  ])('%s is %s', (path, route) => {
    expect(guessRoute(path)).toBe(route);
  });
});

describe('patterns', () => {
  const patterns = new RoutePatterns(['/users/me', '/users/{id}', '/files/*', '/', '/a/{b}/c']);
  test.each([
    ['/users/me', '/users/me'],
    ['/users/7', '/users/{id}'],
    ['/users/', undefined],
    ['/users/7/x', undefined],
    ['/files', '/files/*'],
    ['/files/a/b', '/files/*'],
    ['/', '/'],
    ['/a/x/c', '/a/{b}/c'],
    ['/a/x/d', undefined],
  ])('%s is %s', (path, route) => {
    expect(patterns.match(path)?.route).toBe(route);
  });
});

test('guessed routes are bounded, configured ones and known ones are not lost', () => {
  const table = new RouteTable(new RoutePatterns(['/users/{id}']), 2);
  expect(['/a', '/b', '/c', '/users/x', '/a', '/b/7'].map((path) => table.lookup(path))).toEqual([
    expect.objectContaining({ route: '/a', overflow: false, configured: false }),
    expect.objectContaining({ route: '/b', overflow: false }),
    expect.objectContaining({ route: '/*', overflow: true }),
    expect.objectContaining({ route: '/users/{id}', overflow: false, configured: true }),
    expect.objectContaining({ route: '/a', overflow: false }),
    expect.objectContaining({ route: '/*', overflow: true }),
  ]);
});
