/**
 * Socket operations of one direction in which no message was found, until a session that told nothing yet counts as a
 * wrong guess; and of each direction, until one that did is given up. A body whose framing was lost may be long.
 */
const WRONG_GUESS = 128;
const GIVEN_UP = 1024;

/** How long a session has been looking for a message in vain, by direction. */
export class LostLooks {
  private sent = 0;
  private received = 0;

  /** An operation of `direction` passed. True: enough. */
  count(direction: number, lost: boolean, spoke: boolean): boolean {
    const looks = lost ? (direction === 0 ? this.sent : this.received) + 1 : 0;
    if (direction === 0) this.sent = looks;
    else this.received = looks;
    const { sent, received } = this;
    const enough = spoke ? Math.min(sent, received) >= GIVEN_UP : looks >= WRONG_GUESS;
    // Whoever comes next begins anew.
    if (enough) this.sent = this.received = 0;
    return enough;
  }
}
