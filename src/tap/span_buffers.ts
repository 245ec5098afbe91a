import { SPAN_BUFFER_BYTES, SPAN_BUFFERS } from './protocol.ts';

/** The credits: so many buffers of spans may be on their way to the main thread, and each comes back. */
export class SpanBuffers {
  private readonly free: ArrayBuffer[] = [];
  private made = 0;

  /** Undefined: all are on their way. */
  take(): ArrayBuffer | undefined {
    const buffer = this.free.pop();
    if (buffer !== undefined) return buffer;
    if (this.made >= SPAN_BUFFERS) return undefined;
    this.made++;
    return new ArrayBuffer(SPAN_BUFFER_BYTES);
  }

  give(buffer: ArrayBuffer): void {
    // One that came back smaller (detached, in an error) is made again when it is needed.
    if (buffer.byteLength === SPAN_BUFFER_BYTES && this.free.length < SPAN_BUFFERS) this.free.push(buffer);
    else this.made--;
  }

  get available(): boolean {
    return this.free.length > 0 || this.made < SPAN_BUFFERS;
  }
}
