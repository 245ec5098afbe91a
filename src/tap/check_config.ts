import { SondeError } from '../errors.ts';
import { SPAN_BUFFER_BYTES, TAP_PROTOCOL_VERSION, type TapConfig } from './protocol.ts';

/** Kernel: a ring is a power of two of pages. */
const RING_MIN = 64 * 1024;
const RING_MAX = 1024 * 1024 * 1024;

/** Main has checked what a user wrote; this is what the tap itself relies on. */
export function checkConfig(config: TapConfig): void {
  const problem = problemOf(config);
  if (problem !== undefined) throw new SondeError('E_TAP_CONFIG', { problem });
}

function problemOf(config: TapConfig): string | undefined {
  if (config.version !== TAP_PROTOCOL_VERSION) return `protocol version ${config.version}, not ${TAP_PROTOCOL_VERSION}`;
  const { ringBytes, capture, maxConnections, backlogBytes, spanBytes, receivers } = config;
  if (!Number.isInteger(Math.log2(ringBytes)) || ringBytes < RING_MIN || ringBytes > RING_MAX) {
    return `ring of ${ringBytes} bytes: not a power of two from ${RING_MIN} to ${RING_MAX}`;
  }
  if (!(capture.bytesPerOperation >= 0 && capture.bytesPerOperation <= 16_384)) {
    return `${capture.bytesPerOperation} bytes per operation: not 0 to 16384`;
  }
  if (!(capture.bytesPerInterval >= 0)) return `${capture.bytesPerInterval} bytes per interval`;
  if (!(maxConnections >= 1)) return `room for ${maxConnections} connections`;
  if (!(backlogBytes >= 0)) return `a backlog of ${backlogBytes} bytes`;
  if (!(spanBytes >= SPAN_BUFFER_BYTES))
    return `room for ${spanBytes} bytes of spans: not ${SPAN_BUFFER_BYTES} or more`;
  const ids = new Set(receivers.map(({ id }) => id));
  if (ids.size !== receivers.length) return 'two receivers of one name';
  const ratio = receivers.find(({ sampling }) => !(sampling.ratio >= 0 && sampling.ratio <= 1));
  return ratio === undefined ? undefined : `sampling ratio ${ratio.sampling.ratio}: not 0 to 1`;
}
