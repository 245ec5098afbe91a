/** What is wrong with a source itself: values of `--config` and `--set`, and bytes that are no text. <file> is a file's name. */
export interface SourceCase {
  readonly name: string;
  readonly uris: readonly string[];
  readonly sets?: readonly string[];
  /** What is in <file>. */
  readonly bytes?: Uint8Array;
  readonly problem: string;
}

const GOOD =
  'yaml:{receivers: {otlp: {protocols: {grpc: }}}, exporters: {debug: }, service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}}';
const UNRESOLVED = 'cannot resolve the configuration';
const UNREADABLE = `${UNRESOLVED}: cannot retrieve the configuration: unable to read the file`;

export const malformedSources: readonly SourceCase[] = [
  { name: 'no --config', uris: [], problem: 'at least one config flag must be provided (add --config FILE)' },
  {
    name: 'file that is not there',
    uris: ['/nonexistent.yaml'],
    problem: `--config=/nonexistent.yaml: ${UNREADABLE} file:/nonexistent.yaml: open /nonexistent.yaml: no such file or directory (correct the path; a relative one begins at the working directory)`,
  },
  {
    name: 'file: that is not there',
    uris: ['file:/nonexistent.yaml'],
    problem: `--config=file:/nonexistent.yaml: ${UNREADABLE} file:/nonexistent.yaml: open /nonexistent.yaml: no such file or directory (correct the path; a relative one begins at the working directory)`,
  },
  {
    name: 'directory',
    uris: ['/tmp'],
    problem: `--config=/tmp: ${UNREADABLE} file:/tmp: open /tmp: is a directory (name a file in it)`,
  },
  {
    name: 'unknown scheme',
    uris: ['s3://bucket/config.yaml'],
    problem: `--config=s3://bucket/config.yaml: ${UNRESOLVED}: unsupported scheme on URI "s3://bucket/config.yaml" (use a file name, env:NAME, yaml:TEXT or https://…)`,
  },
  {
    name: 'name of a variable',
    uris: ['env:A B'],
    problem: `--config=env:A B: ${UNRESOLVED}: environment variable "A B" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$`,
  },
  {
    name: 'variable that is not set',
    uris: ['env:NOT_SET'],
    problem: '--config=env:NOT_SET:1:1: empty configuration file (configure receivers, exporters and service)',
  },
  {
    name: 'variable that holds no map',
    uris: ['env:TEXT'],
    problem: `--config=env:TEXT:1:1: ${UNRESOLVED}: retrieved value (type=string) cannot be used as a Conf (write a map of sections)`,
  },
  {
    name: 'yaml: that is none',
    uris: ['yaml:{a'],
    problem: `--config=yaml:{a: ${UNRESOLVED}: invalid YAML: Flow map must end with a } (close what is open, or put the value in quotes)`,
  },
  {
    name: '--set without equal sign',
    uris: [GOOD],
    sets: ['exporters.debug.verbosity'],
    problem: 'invalid argument "exporters.debug.verbosity" for "--set" flag: missing equal sign',
  },
  {
    name: '--set with a colon for the equal sign',
    uris: [GOOD],
    sets: ['exporters::debug::verbosity: basic'],
    problem: 'invalid argument "exporters::debug::verbosity: basic" for "--set" flag: missing equal sign',
  },
  {
    name: '--set of an unknown key',
    uris: [GOOD],
    sets: ['exporters.debug.verbose=true'],
    problem:
      '--set exporters.debug.verbose: exporters::debug: has invalid keys: verbose (known keys: verbosity, sampling_initial, sampling_thereafter, use_internal_logger, output_paths)',
  },
  {
    name: '--set of another type',
    uris: [GOOD],
    sets: ['exporters.debug.sampling_initial=many'],
    problem:
      "--set exporters.debug.sampling_initial: exporters::debug::sampling_initial: expected type 'int', got unconvertible type 'string' (write a whole number such as 512)",
  },
  {
    name: '--set of a section that does not exist',
    uris: [GOOD],
    sets: ['exporter.debug.verbosity=basic'],
    problem: '--set exporter.debug.verbosity: has invalid keys: exporter (did you mean "exporters"?)',
  },
  {
    name: 'Latin-1',
    uris: ['<file>'],
    bytes: Buffer.from('exporters:\n  file: {path: caf\xe9}\n', 'latin1'),
    problem: `<file>:2:19: ${UNRESOLVED}: the file is not UTF-8 (save it as UTF-8)`,
  },
  {
    name: 'gzip',
    uris: ['<file>'],
    bytes: Uint8Array.of(0x1f, 0x8b, 8, 0, 0),
    problem: `<file>:1:2: ${UNRESOLVED}: the file is not UTF-8 (save it as UTF-8)`,
  },
  {
    name: 'UTF-16 that is cut',
    uris: ['<file>'],
    bytes: Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x3a),
    problem: `<file>:1:1: ${UNRESOLVED}: the file is not UTF-8 (save it as UTF-8)`,
  },
];
