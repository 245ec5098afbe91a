import { CLIENT, type End, SERVER, type Side } from './decoder.ts';

/** `error.type` of an exchange without a (whole) answer, by what ended its connection. */
export const CLIENT_CLOSED = 'client_closed';
const SERVER_CLOSED = 'server_closed';
export const CONNECTION_RESET = 'connection_reset';
export const TIMEOUT = 'timeout';

/** How the two sides of a connection end. */
export class Closing {
  /** Why there will be no more answers, by the side that ends first; a timeout is the kernel's word on both. */
  errorType = '';

  /** One side has ended. `answered`: the server's has. Returns whether no more answers come. */
  ended(side: Side, how: End, answered: boolean): boolean {
    if (how === 'timeout') this.errorType = TIMEOUT;
    else this.errorType ||= side === CLIENT ? CLIENT_CLOSED : how === 'reset' ? CONNECTION_RESET : SERVER_CLOSED;
    // A client may end its side and still wait for answers; not so after RST or a timeout.
    return side === SERVER || how !== 'finished' || answered;
  }
}
