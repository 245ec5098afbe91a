import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { DrainTimer } from '../../src/tap/drain_timer.ts';

const RING = 1_600_000;
const MOST = 300_000;
let bytes = 0;
let drains: number[] = [];
let timer: DrainTimer;

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
  drains = [];
  bytes = 0;
  timer = new DrainTimer(
    () => {
      drains.push(Date.now());
      return bytes;
    },
    MOST,
    RING,
  );
  timer.start();
});
afterEach(() => {
  timer.stop();
  jest.useRealTimers();
});

const gaps = () => drains.slice(1).map((time, index) => time - (drains[index] ?? 0));

test('with little traffic the ring is looked at each 50 ms', () => {
  bytes = 1000;
  jest.advanceTimersByTime(1000);
  expect(new Set(gaps())).toEqual(new Set([50]));
});

test('without traffic less and less often, down to each 200 ms, until there is some', () => {
  jest.advanceTimersByTime(2000);
  expect(gaps().slice(-3)).toEqual([200, 200, 200]);
  bytes = 1000;
  jest.advanceTimersByTime(1000);
  expect(gaps().slice(-3)).toEqual([50, 50, 50]);
});

test('under load more often, down to 5 ms, and seldom again after it', () => {
  bytes = RING / 8 + 1;
  jest.advanceTimersByTime(1000);
  expect(gaps().slice(-3)).toEqual([5, 5, 5]);
  bytes = 1000;
  jest.advanceTimersByTime(1000);
  expect(gaps().at(-1)).toBe(50);
});

test('what a look has left is taken without waiting, but messages go first', () => {
  let message = 0;
  bytes = MOST;
  jest.advanceTimersByTime(1);
  setImmediate(() => {
    message = drains.length;
  });
  jest.advanceTimersByTime(1);
  bytes = 0;
  const { length } = drains;
  expect(length).toBeGreaterThan(1);
  expect(message).toBeGreaterThan(0);
  expect(message).toBeLessThanOrEqual(length);
});

test('a wake-up does not wait for the timer, and does not add a second one', () => {
  bytes = 1000;
  jest.advanceTimersByTime(60);
  const { length } = drains;
  timer.wake();
  expect(drains.length).toBe(length + 1);
  jest.advanceTimersByTime(500);
  expect(new Set(gaps().slice(length))).toEqual(new Set([50]));
});

test('a second start is none', () => {
  bytes = 1000;
  timer.start();
  jest.advanceTimersByTime(500);
  expect(new Set(gaps())).toEqual(new Set([50]));
});

test('nothing happens after the stop', () => {
  timer.stop();
  timer.wake();
  jest.advanceTimersByTime(500);
  expect(drains).toEqual([]);
});
