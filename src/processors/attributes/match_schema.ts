const strings = (description: string) =>
  ({ type: 'array', items: { type: 'string' }, default: [], description }) as const;

const pairs = (description: string) =>
  ({
    type: 'array',
    default: [],
    description,
    items: {
      type: 'object',
      properties: {
        key: { type: 'string', default: '', description: 'Attribute.' },
        value: { description: 'Its value, or an expression for it; absent: any.' },
      },
      additionalProperties: false,
    },
  }) as const;

/** Keys of the Collector's internal/filter/filterconfig. */
export const matchSchema = {
  type: 'object',
  'x-sonde-optional': true,
  description: 'What is changed; all that is given must match.',
  properties: {
    match_type: { type: 'string', default: '', description: 'strict or regexp.' },
    services: strings('Values of service.name (traces).'),
    span_names: strings('Names of spans.'),
    span_kinds: strings('Kinds of spans, such as SPAN_KIND_SERVER.'),
    log_bodies: strings('Bodies of log records that are text.'),
    log_severity_texts: strings('Severity texts of log records.'),
    metric_names: strings('Names of metrics.'),
    attributes: pairs('Attributes of the span or log record.'),
    resources: pairs('Attributes of the resource.'),
    libraries: {
      type: 'array',
      default: [],
      description: 'Instrumentation scopes.',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string', default: '', description: 'Name.' },
          version: { type: ['string', 'null'], description: 'Version; absent: any.' },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const;

export interface MatchConfig {
  readonly match_type: string;
  readonly services: readonly string[];
  readonly span_names: readonly string[];
  readonly span_kinds: readonly string[];
  readonly log_bodies: readonly string[];
  readonly log_severity_texts: readonly string[];
  readonly metric_names: readonly string[];
  readonly attributes: readonly { readonly key: string; readonly value?: unknown }[];
  readonly resources: readonly { readonly key: string; readonly value?: unknown }[];
  readonly libraries: readonly { readonly name: string; readonly version?: string | null }[];
}
