import { expect } from '@jest/globals';
import type { Session } from './kernel_session.ts';

/** operations = recorded + counted + dropped, and the same of bytes. */
export function expectClosedLedger({ counters }: Session): void {
  expect(counters.recorded + counters.counted + counters.dropped).toBe(counters.operations);
  // Whatever it is: on a preemptible kernel one program may find another one running.
  expect(Number.isInteger(counters.missed)).toBe(true);
  expect(counters.recordedBytes + counters.countedBytes + counters.droppedBytes).toBe(counters.bytes);
}

/** The bytes of one direction of one connection, put together by offset. */
export function stream(session: Session, cookie: number, direction: number): string {
  let text = '';
  for (const record of session.data.filter((each) => each.cookie === cookie && each.direction === direction)) {
    expect(record.offset).toBe(text.length);
    expect(record.text.length).toBe(record.length);
    text += record.text;
  }
  return text;
}
