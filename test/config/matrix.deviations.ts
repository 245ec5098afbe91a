/** Cases in which Sonde means to differ from the Collector, and why. */
export const deviations: Readonly<Record<string, string>> = {
  'profiles with the gate': 'the debug exporter here does not print profiles',
  'file: {path: x, compression: zstd}': 'the file exporter here does not compress',
};
