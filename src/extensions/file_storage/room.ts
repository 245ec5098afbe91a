/** What a file system has, and what of it the database has already. Bytes. */
interface Disk {
  readonly total: number;
  readonly free: number;
  readonly file: number;
}

/** Left on the disk for those writes that free values, and for the others that use it: at most so much, and so much of all of it. */
const RESERVE = 16 * 1024 * 1024;
const RESERVE_SHARE = 1 / 8;
/** Pages that are not full, and those of the tree. */
const OVERHEAD = 1.25;
/** Of the file's free pages, what is sure to be used: a large value needs pages that are side by side. */
const USABLE = 0.5;

/**
 * What may be stored: by `max_size`, and by the disk. LMDB does not survive a disk that is full: a write that fails damages its memory, and
 * the process ends.
 */
export class Room {
  readonly #max: number;
  readonly #disk: () => Disk;
  #stored = 0;
  #writing = 0;

  /** `max`: bytes of values; 0 is no limit. */
  constructor(max: number, disk: () => Disk) {
    this.#max = max === 0 ? Number.POSITIVE_INFINITY : max;
    this.#disk = disk;
  }

  get stored(): number {
    return this.#stored;
  }

  /** Before bytes are written; `written` follows. Throws when there is no room. */
  take(bytes: number): void {
    if (this.#stored + bytes > this.#max) throw new Error('the storage has reached max_size');
    const { total, free, file } = this.#disk();
    const needed = (this.#writing + bytes) * OVERHEAD;
    const reusable = (file - this.#stored * OVERHEAD) * USABLE;
    const reserve = needed < reusable ? 0 : Math.min(RESERVE, total * RESERVE_SHARE);
    if (free < needed + reserve) throw new Error('the disk is full');
    this.#stored += bytes;
    this.#writing += bytes;
  }

  written(bytes: number): void {
    this.#writing -= bytes;
  }

  /** What is there already. */
  add(bytes: number): void {
    this.#stored += bytes;
  }

  free(bytes: number): void {
    this.#stored -= bytes;
  }
}
