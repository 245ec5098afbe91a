/** Decompressing was given up: the result would be longer than it may be. */
export class TooLong extends Error {}
