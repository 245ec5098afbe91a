import type { AttributeKey, AttributeValue } from './attribute.ts';
import type { ConnectionContext, Endpoint } from './decoder.ts';
import * as semconv from './semconv.ts';

/** The attributes that every exchange of a connection has, whatever its protocol: flat pairs. */
export function endpointAttributes(context: ConnectionContext): readonly (AttributeKey | AttributeValue)[] {
  const list: (AttributeKey | AttributeValue)[] = [];
  const endpoint = (address: AttributeKey, port: AttributeKey, of: Endpoint): void => {
    if (of.address === '') return;
    list.push(address, of.address);
    if (of.port > 0) list.push(port, of.port);
  };
  if (context.kind === 'server') endpoint(semconv.CLIENT_ADDRESS, semconv.CLIENT_PORT, context.remote);
  endpoint(semconv.NETWORK_PEER_ADDRESS, semconv.NETWORK_PEER_PORT, context.remote);
  endpoint(semconv.NETWORK_LOCAL_ADDRESS, semconv.NETWORK_LOCAL_PORT, context.local);
  if (context.transport === 'unix') list.push(semconv.NETWORK_TRANSPORT, 'unix');
  return list;
}
