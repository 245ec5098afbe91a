/** Alerts of one end that are remembered: a fatal one is the last. */
const MAX_ALERTS = 4;

/** What the plaintext part of a TLS handshake tells. '' and undefined: not known. */
export class TlsHandshake {
  /** CLOCK_MONOTONIC, ns: the ClientHello; NaN until it was seen. */
  start = Number.NaN;
  /** When the handshake was over; NaN: it was not. */
  end = Number.NaN;
  /** Some of it was not seen: the connection was joined later, or bytes are missing. */
  partial = false;
  /** SNI. Under Encrypted Client Hello the name in sight is not the one that is meant: '' then. */
  serverName = '';
  encryptedHello = false;
  /** ALPN: what the client offered, and, up to TLS 1.2, what the server chose. */
  readonly offered: string[] = [];
  nextProtocol = '';
  earlyData = false;
  /** The server asked for another ClientHello. */
  retried = false;
  /** `1.2` */
  version = '';
  cipher = '';
  resumed: boolean | undefined;
  readonly clientAlerts: string[] = [];
  readonly serverAlerts: string[] = [];

  get established(): boolean | undefined {
    if (!Number.isNaN(this.end)) return true;
    return this.partial ? undefined : false;
  }

  alert(client: boolean, name: string): void {
    const alerts = client ? this.clientAlerts : this.serverAlerts;
    if (alerts.length < MAX_ALERTS) alerts.push(name);
  }

  /** The alert that a failure is told by: the one with a name, if there is one. '' without alerts. */
  get failure(): string {
    const all = [...this.clientAlerts, ...this.serverAlerts];
    return all.find((name) => name !== 'encrypted' && name !== 'close_notify') ?? all[0] ?? '';
  }
}
