import * as grpc from '@grpc/grpc-js';

/** The one importer of grpc-js: loaded only when a component that is configured needs it. */
export { grpc };
