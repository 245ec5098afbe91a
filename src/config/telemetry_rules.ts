import {
  type ProcessorConfig,
  type PushExporter,
  resourceKeys,
  type TelemetryConfig,
  type ViewConfig,
} from './telemetry.ts';

const logLevels = ['debug', 'info', 'warn', 'error', 'dpanic', 'panic', 'fatal'];
const levels = ['none', 'basic', 'normal', 'detailed'];
const instrumentTypes = [
  'counter',
  'histogram',
  'observable_counter',
  'observable_gauge',
  'observable_up_down_counter',
  'up_down_counter',
];

type Path = readonly string[];
type Add = (path: Path, message: string) => void;

/** The Collector's texts; what it refuses at start is refused here already. Paths are below `service::telemetry`. */
export function validateTelemetry(config: TelemetryConfig): { path: string[]; message: string }[] {
  const problems: { path: string[]; message: string }[] = [];
  const add: Add = (path, message) => void problems.push({ path: [...path], message });
  const { logs, traces, resource } = config;
  if (!logLevels.includes(logs.level.toLowerCase())) add(['logs', 'level'], `unrecognized level: "${logs.level}"`);
  if (!['console', 'json'].includes(logs.encoding)) {
    add(['logs', 'encoding'], `no encoder registered for name "${logs.encoding}" (use console or json)`);
  }
  for (const [i, each] of logs.processors.entries()) checkProcessor(each, ['logs', 'processors', `${i}`], 'log', add);
  checkMetrics(config.metrics, add);
  if (!levels.includes(traces.level.toLowerCase())) add(['traces', 'level'], `unknown traces level "${traces.level}"`);
  for (const [i, each] of traces.processors.entries()) {
    checkProcessor(each, ['traces', 'processors', `${i}`], 'span', add);
  }
  checkSampler(traces.sampler, ['traces', 'sampler'], add);
  for (const [i, name] of traces.propagators.entries()) {
    if (name !== 'tracecontext' && name !== 'b3')
      add(['traces', 'propagators', `${i}`], 'unsupported trace propagator');
  }
  for (const [key, value] of Object.entries(resource)) {
    if (resourceKeys.includes(key) || value === null || typeof value === 'string') continue;
    add(['resource', key], `legacy resource attribute "${key}" must be string or null`);
  }
  return problems;
}

function checkMetrics({ level: written, readers, views }: TelemetryConfig['metrics'], add: Add): void {
  const level = written.toLowerCase();
  if (!levels.includes(level)) add(['metrics', 'level'], `unknown metrics level "${written}"`);
  if (level !== 'none' && readers.length === 0) {
    add(['metrics', 'readers'], 'collector telemetry metrics reader should exist when metric level is not none');
  }
  for (const [i, { pull, periodic }] of readers.entries()) {
    const path = ['metrics', 'readers', `${i}`];
    if (pull !== undefined && periodic !== undefined) add(path, 'must not specify multiple metric reader type');
    else if (pull === undefined && periodic === undefined) add(path, 'no valid metric reader');
    else if (periodic !== undefined) checkExporter(periodic.exporter, [...path, 'periodic', 'exporter'], 'metric', add);
    else if (pull?.exporter.prometheus === undefined) add([...path, 'pull', 'exporter'], 'no valid metric exporter');
    const { included = [], excluded = [] } = pull?.exporter.prometheus?.with_resource_constant_labels ?? {};
    checkLists(included, excluded, [...path, 'pull', 'exporter', 'prometheus', 'with_resource_constant_labels'], add);
    const otlp = periodic?.exporter.otlp;
    if (otlp === undefined || ['cumulative', 'delta', 'lowmemory'].includes(otlp.temporality_preference)) continue;
    const message = `unsupported temporality preference "${otlp.temporality_preference}"`;
    add([...path, 'periodic', 'exporter', 'otlp', 'temporality_preference'], message);
  }
  if (views === undefined) return;
  if (level !== 'detailed') {
    const rule =
      'service::telemetry::metrics::views can only be set when service::telemetry::metrics::level is detailed';
    add(['metrics', 'views'], rule);
  }
  for (const [i, each] of views.entries()) checkView(each, ['metrics', 'views', `${i}`], add);
}

function checkView({ selector, stream }: ViewConfig, path: Path, add: Add): void {
  if (selector === undefined) {
    add(path, 'view: no selector provided');
    return;
  }
  const { instrument_type: type } = selector;
  if (type !== undefined && !instrumentTypes.includes(type)) {
    add([...path, 'selector', 'instrument_type'], 'view_selector: instrument_type: invalid value');
  }
  if (Object.values(selector).every((value) => value === undefined || value === '')) {
    add([...path, 'selector'], 'view_selector: empty selector not supporter');
  }
  const { included = [], excluded = [] } = stream?.attribute_keys ?? {};
  checkLists(included, excluded, [...path, 'stream', 'attribute_keys'], add);
}

function checkLists(included: readonly string[], excluded: readonly string[], path: Path, add: Add): void {
  for (const key of excluded) {
    if (included.includes(key)) add(path, `attribute cannot be in both include and exclude list: ${key}`);
  }
}

function checkProcessor({ batch, simple }: ProcessorConfig, path: Path, kind: 'log' | 'span', add: Add): void {
  if (batch !== undefined && simple !== undefined) {
    add(path, `must not specify multiple ${kind} processor type`);
  } else if (batch === undefined && simple === undefined) {
    add(path, `unsupported ${kind} processor type, must be one of simple or batch`);
  }
  if (batch !== undefined) checkExporter(batch.exporter, [...path, 'batch', 'exporter'], kind, add);
  if (simple !== undefined) checkExporter(simple.exporter, [...path, 'simple', 'exporter'], kind, add);
  for (const key of ['max_queue_size', 'max_export_batch_size', 'schedule_delay', 'export_timeout'] as const) {
    if ((batch?.[key] ?? 1) < (key === 'export_timeout' || key === 'schedule_delay' ? 0 : 1)) {
      add([...path, 'batch', key], `invalid ${key.replaceAll('_', ' ')} ${batch?.[key]}`);
    }
  }
}

function checkExporter(exporter: PushExporter, path: Path, kind: string, add: Add): void {
  const { otlp, console: print } = exporter;
  if (otlp !== undefined && print !== undefined) add(path, 'must not specify multiple exporters');
  else if (otlp === undefined && print === undefined) add(path, `no valid ${kind} exporter`);
  if (otlp === undefined) return;
  const { protocol, compression, endpoint, insecure } = otlp;
  if (!['http/protobuf', 'http/json', 'grpc'].includes(protocol)) {
    add([...path, 'otlp', 'protocol'], `unsupported protocol "${protocol}" (use http/protobuf, http/json or grpc)`);
  }
  if (!['', 'gzip', 'none'].includes(compression)) {
    add([...path, 'otlp', 'compression'], `unsupported compression "${compression}"`);
  }
  if (endpoint !== '' && !URL.canParse(otlpUrl(endpoint, insecure))) {
    add([...path, 'otlp', 'endpoint'], `parse "${endpoint}": invalid URI for request`);
  }
}

/** Without a scheme it is https, as in the Collector. */
export function otlpUrl(endpoint: string, insecure: boolean): string {
  return /^https?:\/\//.test(endpoint) ? endpoint : `${insecure ? 'http' : 'https'}://${endpoint}`;
}

const samplers = ['parent_based', 'always_off', 'always_on', 'trace_id_ratio_based'];

function checkSampler(config: unknown, path: Path, add: Add): void {
  if (typeof config !== 'object' || config === null) return;
  const keys = Object.keys(config);
  if (!keys.some((key) => samplers.includes(key))) add(path, 'invalid sampler configuration');
}
