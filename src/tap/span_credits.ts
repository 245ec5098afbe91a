/**
 * The bytes of spans that may be on their way: in the main thread's inbox, or with a consumer that has not taken them. The
 * buffers themselves are main's to keep.
 */
export class SpanCredits {
  limit = 0;
  private used = 0;

  /** False: no room. One buffer alone is let through, however small the limit. */
  take(bytes: number): boolean {
    if (this.used > 0 && this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}
