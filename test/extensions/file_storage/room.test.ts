import { expect, test } from '@jest/globals';
import { Room } from '../../../src/extensions/file_storage/room.ts';

const MIB = 1024 * 1024;

test('a disk is not filled to its end, whoever fills it', () => {
  const disk = { total: 1000 * MIB, free: 50 * MIB, file: 0 };
  const room = new Room(0, () => disk);
  room.take(10 * MIB);
  room.take(10 * MIB);
  // What is being written is not yet on the disk.
  expect(() => room.take(10 * MIB)).toThrow('the disk is full');
  disk.free -= 25 * MIB;
  disk.file = 25 * MIB;
  room.written(20 * MIB);
  expect(room.stored).toBe(20 * MIB);
  room.take(5 * MIB);
  disk.free = 15 * MIB;
  expect(() => room.take(1)).toThrow('the disk is full');
});

test('what was freed in the file is used again on a full disk, as far as a value finds its pages side by side', () => {
  const disk = { total: 1000 * MIB, free: 16 * MIB, file: 500 * MIB };
  const room = new Room(0, () => disk);
  room.add(390 * MIB);
  expect(() => room.take(10 * MIB)).toThrow('the disk is full');
  room.free(200 * MIB);
  room.take(10 * MIB);
  room.written(10 * MIB);
  disk.free = 1 * MIB;
  expect(() => room.take(10 * MIB)).toThrow('the disk is full');
});

test('a small disk keeps a share', () => {
  const room = new Room(0, () => ({ total: 8 * MIB, free: 4 * MIB, file: 0 }));
  room.take(2 * MIB);
  expect(() => room.take(1 * MIB)).toThrow('the disk is full');
});

test('max_size is of what is stored', () => {
  const room = new Room(100, () => ({ total: MIB, free: MIB, file: 0 }));
  room.add(50);
  room.take(50);
  expect(() => room.take(1)).toThrow('the storage has reached max_size');
  room.free(50);
  room.take(1);
});
