import { SPAN_BUFFERS } from './protocol.ts';

/** The credits: so many buffers of spans may be on their way to the main thread. The buffers themselves are main's to keep. */
export class SpanCredits {
  private left = SPAN_BUFFERS;

  /** False: all are on their way. */
  take(): boolean {
    if (this.left === 0) return false;
    this.left--;
    return true;
  }

  give(): void {
    this.left++;
  }
}
