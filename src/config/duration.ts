const nanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Go's time.ParseDuration: `1h30m`, `200ms`, `-1.5s`, `0`. Milliseconds, or undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^([-+]?)((?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (match === null) return undefined;
  let sum = 0;
  for (const part of (match[2] ?? '').matchAll(/([0-9.]+)([a-zµμ]+)/g)) {
    sum += Number(part[1]) * (nanoseconds[part[2] ?? ''] ?? 0);
  }
  // int64 nanoseconds, as in Go.
  if (!Number.isFinite(sum) || sum > 2 ** 63) return undefined;
  return (match[1] === '-' ? -sum : sum) / 1e6;
}

/** Go's Duration.String: `1h2m3.5s`, `15ms`, `0s`. */
export function formatDuration(ms: number): string {
  const total = Math.round(Math.abs(ms) * 1e6);
  const sign = ms < 0 ? '-' : '';
  if (total === 0) return '0s';
  if (total < 1e3) return `${sign}${total}ns`;
  if (total < 1e6) return `${sign}${total / 1e3}µs`;
  if (total < 1e9) return `${sign}${total / 1e6}ms`;
  const hours = Math.floor(total / 3600e9);
  const minutes = Math.floor((total % 3600e9) / 60e9);
  const seconds = `${(total % 60e9) / 1e9}s`;
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}`;
}
