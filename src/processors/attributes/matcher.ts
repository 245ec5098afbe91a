import { type AnyValue, AttributeList, fieldOf } from '../../pdata/otlp/amend.ts';
import { ByteReader } from '../../pdata/otlp/reader.ts';
import { enums } from '../../pdata/otlp/schema.ts';
import { LENGTH } from '../../pdata/otlp/types.ts';
import type { Signal } from '../../pdata/pdata.ts';
import { goRegExp } from '../helper/regexp.ts';
import { anyValueOf, asString } from '../helper/values.ts';
import type { MatchConfig } from './match_schema.ts';

/** Semantics of the Collector's internal/filter/{filterspan,filterlog,filtermetric,filtermatcher}. */
type Filter = (text: string) => boolean;

const kinds = [...enums.SpanKind.keys()].map((name) => name.replace('SPAN_KIND_', ''));

/** Fields by their numbers: the name of a span or metric, kind, severity text, body, attributes. */
const NAME: Partial<Record<Signal, number>> = { traces: 5, metrics: 1 };
const ATTRIBUTES: Partial<Record<Signal, number>> = { traces: 9, logs: 6 };
const KIND = 6;
const SEVERITY_TEXT = 3;
const BODY = 5;

/** The Collector's text, or undefined if the section is right for the signal. */
export function matchProblem(config: MatchConfig, signal: Signal): string | undefined {
  const problem = keysProblem(config, signal);
  if (problem !== undefined) return problem;
  try {
    new Matcher(config, signal);
    return undefined;
  } catch (error) {
    // An expression that is none.
    return (error as Error).message;
  }
}

function keysProblem(config: MatchConfig, signal: Signal): string | undefined {
  if (config.match_type !== 'strict' && config.match_type !== 'regexp') {
    return `unrecognized match_type: '${config.match_type}', valid types are: [regexp strict]`;
  }
  const has = (key: keyof MatchConfig): boolean => config[key].length > 0;
  if (signal === 'traces') return spanProblem(has, config);
  if (signal === 'logs') {
    if (has('span_names') || has('services') || has('span_kinds') || has('metric_names')) {
      return 'services, span_names, span_kinds and metric_names are not valid for log records';
    }
    return (['attributes', 'libraries', 'resources', 'log_bodies', 'log_severity_texts'] as const).some(has)
      ? undefined
      : 'at least one of "attributes", "libraries", "span_kinds", "resources", "log_bodies", "log_severity_texts" or "log_severity_number" field must be specified';
  }
  const wrong = ['log_bodies', 'log_severity_texts', 'span_names', 'services', 'span_kinds', 'attributes', 'libraries'];
  if ((wrong as (keyof MatchConfig)[]).some(has)) {
    return '"span_names", "span_kinds", "log_bodies", "log_severity_texts", "log_severity_number", "services", "attributes" and "libraries" are not valid for metrics';
  }
  return has('metric_names') || has('resources')
    ? undefined
    : 'at least one of "metric_names" or "resources" field must be specified';
}

function spanProblem(has: (key: keyof MatchConfig) => boolean, config: MatchConfig): string | undefined {
  for (const key of ['log_bodies', 'log_severity_texts', 'metric_names'] as const) {
    if (has(key)) return `${key} should not be specified for trace spans`;
  }
  const keys = ['services', 'span_names', 'attributes', 'libraries', 'resources', 'span_kinds'] as const;
  if (!keys.some(has)) return 'at least one of "attributes", "libraries",  or "resources" field must be specified';
  const known = kinds.slice(1).map((kind) => `SPAN_KIND_${kind}`);
  if (config.match_type === 'strict' && !config.span_kinds.every((kind) => known.includes(kind))) {
    return `span_kinds string must match one of the standard span kinds when match_type=strict: [${known.sort().join(' ')}]`;
  }
  return undefined;
}

/** Whether an item is meant. `resource` and `scope` are told before the items in them. */
export class Matcher {
  readonly #config: MatchConfig;
  readonly #signal: Signal;
  readonly #names: Filter | undefined;
  readonly #kinds: Filter | undefined;
  readonly #services: Filter | undefined;
  readonly #bodies: Filter | undefined;
  readonly #severities: Filter | undefined;
  readonly #attributes: (attributes: AttributeList) => boolean;
  readonly #resources: (attributes: AttributeList) => boolean;
  #resourceMatches = false;
  #scopeMatches = false;

  constructor(config: MatchConfig, signal: Signal) {
    this.#config = config;
    this.#signal = signal;
    const filter = (patterns: readonly string[]): Filter | undefined =>
      patterns.length === 0 ? undefined : anyOf(patterns, config.match_type);
    this.#names = filter(signal === 'metrics' ? config.metric_names : config.span_names);
    this.#kinds = filter(config.span_kinds);
    this.#services = filter(config.services);
    this.#bodies = filter(config.log_bodies);
    this.#severities = filter(config.log_severity_texts);
    this.#attributes = allOf(config.attributes, config.match_type);
    this.#resources = allOf(config.resources, config.match_type);
  }

  resource(body: Uint8Array): void {
    const attributes = AttributeList.read(body, 1);
    const service = attributes.get('service.name');
    const name = service === undefined ? '<nil-service-name>' : asString(service);
    this.#resourceMatches = (this.#services?.(name) ?? true) && this.#resources(attributes);
  }

  scope(body: Uint8Array): void {
    const { libraries, match_type: type } = this.#config;
    const name = textOf(body, 1);
    const version = textOf(body, 2);
    this.#scopeMatches = libraries.every(
      (each) => anyOf([each.name], type)(name) && (each.version == null || anyOf([each.version], type)(version)),
    );
  }

  item(body: Uint8Array): boolean {
    if (!this.#resourceMatches || !this.#scopeMatches) return false;
    const name = NAME[this.#signal];
    if (this.#names !== undefined && name !== undefined && !this.#names(textOf(body, name))) return false;
    if (this.#kinds !== undefined && !this.#kinds(kindOf(body))) return false;
    if (this.#severities !== undefined && !this.#severities(textOf(body, SEVERITY_TEXT))) return false;
    if (this.#bodies !== undefined && !this.#bodyMatches(body)) return false;
    const attributes = ATTRIBUTES[this.#signal];
    return attributes === undefined || this.#attributes(AttributeList.read(body, attributes));
  }

  #bodyMatches(body: Uint8Array): boolean {
    // AnyValue.string_value is field 1.
    const value = fieldOf(body, BODY * 8 + LENGTH);
    return value[0] === 0x0a && (this.#bodies?.(textOf(value, 1)) ?? true);
  }
}

function anyOf(patterns: readonly string[], type: string): Filter {
  if (type === 'strict') {
    const set = new Set(patterns);
    return (text) => set.has(text);
  }
  const expressions = patterns.map(goRegExp);
  return (text) => expressions.some((expression) => expression.test(text));
}

function allOf(wanted: MatchConfig['attributes'], type: string): (attributes: AttributeList) => boolean {
  const checks = wanted.map(({ key, value }) => ({ key, matches: valueFilter(value, type) }));
  return (attributes) =>
    checks.every(({ key, matches }) => {
      const value = attributes.get(key);
      return value !== undefined && matches(value);
    });
}

function valueFilter(value: unknown, type: string): (value: AnyValue) => boolean {
  if (value == null) return () => true;
  if (type === 'regexp') {
    const expression = goRegExp(String(value));
    return (each) => isScalar(each) && expression.test(asString(each));
  }
  const wanted = anyValueOf(value);
  const [kind = ''] = Object.keys(wanted);
  return (each) => Object.hasOwn(each, kind) && asString(each) === asString(wanted);
}

function isScalar(value: AnyValue): boolean {
  return (
    value.arrayValue === undefined &&
    value.kvlistValue === undefined &&
    value.bytesValue === undefined &&
    Object.keys(value).length > 0
  );
}

function textOf(message: Uint8Array, field: number): string {
  return Buffer.from(fieldOf(message, field * 8 + LENGTH)).toString('utf8');
}

function kindOf(span: Uint8Array): string {
  const reader = new ByteReader(span);
  let kind = 0;
  while (reader.position < span.length) {
    const tag = reader.tag(span.length);
    if (tag === KIND * 8) kind = reader.varint(span.length);
    else reader.skip(tag, span.length);
  }
  return kinds[kind] === undefined ? '' : `SPAN_KIND_${kinds[kind]}`;
}
