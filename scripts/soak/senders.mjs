// Two ways to give Sonde a request: `post` resolves to whether it was acknowledged.
import { Agent, request } from 'node:http';
import { connect } from 'node:http2';

const TIMEOUT_MS = 5000;
const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

export function httpSender(port) {
  const agent = new Agent({ keepAlive: true });
  const post = (body) =>
    new Promise((resolve) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port,
          path: '/v1/traces',
          method: 'POST',
          agent,
          timeout: TIMEOUT_MS,
          headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length },
        },
        (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode === 200));
          response.on('error', () => resolve(false));
        },
      );
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('error', () => resolve(false));
      outgoing.end(body);
    });
  return { post, close: () => agent.destroy() };
}

export function grpcSender(port) {
  let session;
  const opened = () => {
    if (session === undefined || session.closed || session.destroyed) {
      session = connect(`http://127.0.0.1:${port}`);
      session.on('error', () => undefined);
    }
    return session;
  };
  const post = (body) =>
    new Promise((resolve) => {
      const stream = opened().request({
        ':method': 'POST',
        ':path': METHOD,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      let acknowledged = false;
      const read = (headers) => {
        acknowledged ||= headers['grpc-status'] === '0';
      };
      stream.on('response', read);
      stream.on('trailers', read);
      stream.on('error', () => undefined);
      stream.on('close', () => resolve(acknowledged));
      stream.setTimeout(TIMEOUT_MS, () => stream.close());
      stream.resume();
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(body.length, 1);
      stream.end(Buffer.concat([prefix, body]));
    });
  return { post, close: () => session?.destroy() };
}
