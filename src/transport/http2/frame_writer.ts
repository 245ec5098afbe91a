import type { Duplex } from 'node:stream';
import { ErrorCode, Http2Error } from './frames.ts';

/** Answers to pings, settings and bytes that a peer lets wait; more is an attack. */
const MAX_UNSENT_ANSWERS = 1000;

/** Frames on their way to a socket: what is written in one turn leaves in one system call. */
export class FrameWriter {
  readonly #socket: Duplex;
  #corked = false;
  #unsentAnswers = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  write(bytes: Uint8Array, written?: () => void): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(bytes, written);
  }

  /** Of frames that ask for one. Throws Http2Error. */
  answer(bytes: Uint8Array): void {
    if (++this.#unsentAnswers > MAX_UNSENT_ANSWERS) {
      throw new Http2Error(ErrorCode.ENHANCE_YOUR_CALM, 'too many frames that ask for an answer');
    }
    this.write(bytes, () => this.#unsentAnswers--);
  }

  /** Nothing is written afterwards. What is last leaves where the peer still reads: it is small. */
  end(last: Uint8Array): void {
    this.#socket.write(last);
    this.#socket.uncork();
    this.#socket.destroy();
  }
}
