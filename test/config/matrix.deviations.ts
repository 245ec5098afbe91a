const metadata = 'data here carries no client metadata: a key would split nothing, so it is refused and not ignored';

/** Cases in which Sonde means to differ from the Collector, and why. */
export const deviations: Readonly<Record<string, string>> = {
  'profiles with the gate': 'the debug exporter here does not print profiles',
  'file: {path: x, compression: zstd}': 'Node has no zstd compressor here',
  'batch: {metadata_keys: [a]}': metadata,
  'batch: {metadata_keys: a}': metadata,
  'batch: {metadata_keys: "a,b"}': metadata,
};
