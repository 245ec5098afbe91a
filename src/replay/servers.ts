import { encodeResource } from '../pdata/otlp/attributes.ts';
import type { ObservedProcess } from '../tap/process_entry.ts';
import * as semconv from '../tap/semconv.ts';
import { joinHostPort } from '../transport/listen.ts';
import { VERSION } from '../version.ts';
import type { Endpoint } from '../wire/decoder.ts';
import { MAX_SERVERS } from './limits.ts';

/**
 * A capture has no processes: every address and port that answers is taken for a service instance of its own, whose
 * name nobody knows. Bounded; those beyond share one.
 */
export class Servers {
  private readonly byAddress = new Map<string, ObservedProcess>();

  at({ address, port }: Endpoint): ObservedProcess {
    const text = joinHostPort(address, port);
    const key = this.byAddress.has(text) || this.byAddress.size < MAX_SERVERS ? text : '';
    let process = this.byAddress.get(key);
    if (process === undefined) {
      process = unknownProcess(this.byAddress.size + 1, key);
      this.byAddress.set(key, process);
    }
    return process;
  }
}

/** https://opentelemetry.io/docs/specs/semconv/resource/#service: what a service without a name is called. */
const UNKNOWN = 'unknown_service';

function unknownProcess(id: number, address: string): ObservedProcess {
  const resource = encodeResource({
    [semconv.ATTR_SERVICE_NAME]: UNKNOWN,
    ...(address === '' ? {} : { [semconv.ATTR_SERVICE_INSTANCE_ID]: address }),
    [semconv.ATTR_TELEMETRY_DISTRO_NAME]: 'sonde',
    [semconv.ATTR_TELEMETRY_DISTRO_VERSION]: VERSION,
  });
  return {
    key: address,
    pid: 0,
    executable: '',
    executableName: '',
    cgroup: '',
    exited: false,
    instance: { id, resource, serviceName: UNKNOWN },
    matches: () => true,
  };
}
