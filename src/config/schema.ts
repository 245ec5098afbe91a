import type { ExtendedJSONSchema, FromExtendedSchema } from 'json-schema-to-ts';

/**
 * Configuration schemas are JSON Schema (draft 2020-12) with these additions:
 * - `format: 'duration'`: Go's durations; decoded to milliseconds (number). Defaults are written as text.
 * - `x-sonde-secret`: printed as [REDACTED].
 * - `x-sonde-fold-case`: upper and lower case are the same; decoded to lower case.
 * - `x-sonde-optional`: an absent section stays undefined instead of taking its defaults; so does null, unless it has a
 *   `default`: then `section:` alone switches it on, as the Collector's configoptional.Default does.
 * - `x-sonde-unused`: accepted without effect, and why; a value other than the default is warned about.
 * - `x-sonde-switch`: beside `x-sonde-optional`; `enabled: false` in the section is as if it were absent.
 * - `x-sonde-pairs`: a map that may be written as a list of `{name: …, value: …}` too.
 */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly format?: string;
  readonly description?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly 'x-sonde-secret'?: boolean;
  readonly 'x-sonde-optional'?: boolean;
  readonly 'x-sonde-fold-case'?: boolean;
  readonly 'x-sonde-unused'?: string;
  readonly 'x-sonde-pairs'?: boolean;
  readonly 'x-sonde-switch'?: boolean;
}

type Extension = {
  'x-sonde-secret'?: boolean;
  'x-sonde-optional'?: boolean;
  'x-sonde-fold-case'?: boolean;
  'x-sonde-unused'?: string;
  'x-sonde-pairs'?: boolean;
  'x-sonde-switch'?: boolean;
};

export type ConfigSchema = ExtendedJSONSchema<Extension>;

/** The decoded configuration of a schema: keys with defaults are there, durations are milliseconds. */
export type ConfigOf<S extends ConfigSchema> = FromExtendedSchema<
  Extension,
  S,
  { deserialize: [{ pattern: { format: 'duration' }; output: number }] }
>;
