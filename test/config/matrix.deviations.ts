const metadata = 'data here carries no client metadata: a key would split nothing, so it is refused and not ignored';

/** Cases in which Sonde means to differ from the Collector, and why. */
export const deviations: Readonly<Record<string, string>> = {
  'batch: {metadata_keys: [a]}': metadata,
  'batch: {metadata_keys: a}': metadata,
  'batch: {metadata_keys: "a,b"}': metadata,
  'otlp_http: {endpoint: "http://a:1", sending_queue: {storage: ""}}': 'no storage is the queue in memory, as null is',
};
