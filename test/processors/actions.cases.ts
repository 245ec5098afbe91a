import type { Signal } from '../../src/pdata/pdata.ts';

interface Case {
  readonly processor: 'resource' | 'attributes';
  readonly signals: readonly Signal[];
  /** YAML flow. */
  readonly config: string;
}

const all: readonly Signal[] = ['traces', 'metrics', 'logs'];
const items = (config: string, signals = all): Case => ({ processor: 'attributes', signals, config });
const resource = (config: string): Case => ({ processor: 'resource', signals: all, config });
/** The samples' attribute keys go from key.0 to beyond this one, one for each kind of value. */
const keys = Array.from({ length: 34 }, (_, i) => `key.${i}`);
const forKeys = (rest: string): string => `{actions: [${keys.map((key) => `{key: ${key}, ${rest}}`).join(', ')}]}`;

/** Given to the reference Collector and to Sonde with the requests of test/support/otlp_samples.ts. */
export const cases: readonly Case[] = [
  resource('{attributes: [{key: service.name, value: other, action: update}, {key: new, value: 5, action: insert}]}'),
  resource('{attributes: [{key: service.name, value: no, action: insert}, {key: none, value: no, action: update}]}'),
  resource(
    '{attributes: [{key: copy, from_attribute: service.name, action: upsert}, {key: service.name, action: delete}]}',
  ),
  resource(
    '{attributes: [{key: service.name, action: hash}, {key: a, from_attribute: b, default_value: c, action: insert}]}',
  ),
  resource('{attributes: [{key: service.name, pattern: "^(?P<first>s)(?P<rest>.*)$", action: extract}]}'),
  resource('{attributes: [{pattern: "^service\\\\.", action: delete}, {key: t, value: true, action: UPSERT}]}'),
  items('{actions: [{key: a, value: [1, two, 2.5, {b: c}], action: upsert}, {key: n, value: 1.5, action: insert}]}'),
  items(forKeys('action: hash')),
  items(forKeys('action: convert, converted_type: string')),
  items(forKeys('action: convert, converted_type: int')),
  items(forKeys('action: convert, converted_type: double')),
  items('{actions: [{pattern: "^key\\\\.[0-9]$", action: delete}]}'),
  items('{actions: [{pattern: "key.1", action: hash}]}'),
  items(
    '{include: {match_type: strict, services: [shop], span_names: ["GET /"]}, actions: [{key: x, value: y, action: insert}]}',
    ['traces'],
  ),
  items('{include: {match_type: regexp, span_kinds: [".*SERVER"]}, actions: [{key: x, value: y, action: insert}]}', [
    'traces',
  ]),
  items(
    '{exclude: {match_type: strict, attributes: [{key: key.0, value: plain}]}, actions: [{key: x, value: y, action: insert}]}',
    ['traces', 'logs'],
  ),
  items(
    '{include: {match_type: regexp, attributes: [{key: key.0, value: "^pl"}]}, actions: [{key: x, value: y, action: insert}]}',
    ['traces', 'logs'],
  ),
  items(
    '{include: {match_type: strict, resources: [{key: service.name, value: shop}]}, actions: [{key: x, value: y, action: insert}]}',
  ),
  items(
    '{include: {match_type: strict, libraries: [{name: scope, version: "1.2.3"}]}, actions: [{key: x, value: y, action: insert}]}',
    ['traces', 'logs'],
  ),
  items('{include: {match_type: regexp, metric_names: ["sum|gauge"]}, actions: [{key: x, value: y, action: insert}]}', [
    'metrics',
  ]),
  items('{exclude: {match_type: regexp, log_severity_texts: [".+"]}, actions: [{key: x, value: y, action: insert}]}', [
    'logs',
  ]),
  items('{include: {match_type: regexp, log_bodies: ["."]}, actions: [{key: x, value: y, action: insert}]}', ['logs']),
];
