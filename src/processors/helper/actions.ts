import type { AnyValue, AttributeList } from '../../pdata/otlp/amend.ts';
import { goRegExp } from './regexp.ts';
import { anyValueOf, converted, hashed } from './values.ts';

/** Changes of attributes: keys, semantics and texts of the Collector's internal/coreinternal/attraction. */
const text = (description: string) => ({ type: 'string', default: '', description }) as const;

export const actionSchema = {
  type: 'object',
  properties: {
    key: text('Attribute to change.'),
    action: text('insert, update, upsert, delete, hash, extract or convert.'),
    value: { description: 'New value; its type is as written.' },
    default_value: { description: 'Value when from_attribute finds none.' },
    from_attribute: text('Attribute to take the value from.'),
    from_context: text('Must be empty: Sonde keeps no client metadata.'),
    pattern: text('extract: expression with named groups; delete and hash: which keys.'),
    converted_type: text('convert: string, int or double.'),
  },
  additionalProperties: false,
} as const;

interface ActionConfig {
  readonly key: string;
  readonly action: string;
  readonly value?: unknown;
  readonly default_value?: unknown;
  readonly from_attribute: string;
  readonly from_context: string;
  readonly pattern: string;
  readonly converted_type: string;
}

type Change = (attributes: AttributeList) => void;

/** The Collector's text, or undefined if the action is right. */
export function actionProblem(config: ActionConfig, i: number): string | undefined {
  const action = config.action.toLowerCase();
  if (config.key === '' && (action === 'delete' || action === 'hash')) {
    if (config.pattern === '') {
      return `error creating AttrProc due to missing required field (at least one of "key" and "pattern" have to be used) at the ${i}-th action`;
    }
  } else if (config.key === '') {
    return `error creating AttrProc due to missing required field "key" at the ${i}-th action`;
  }
  const said = problemOf(config, action);
  if (said === undefined) return undefined;
  const creating = `error creating AttrProc${said.startsWith('.') ? '' : ' '}${said}`;
  return `error with key "${config.key}" (${i}-th action): ${creating}`;
}

function problemOf(config: ActionConfig, action: string): string | undefined {
  const { pattern, converted_type: type, from_attribute: from, from_context: context, value } = config;
  const sources = [value != null, from !== '', context !== ''].filter(Boolean).length;
  const unused = (field: string): string =>
    `. Action "${action}" does not use the "${field}" field. This must not be specified`;
  if (type !== '' && action !== 'convert') return unused('converted_type');
  switch (action) {
    case 'insert':
    case 'update':
    case 'upsert':
      if (sources === 0 && config.default_value == null) {
        return '. Either field "value", "from_attribute", "from_context", or "default_value" must be specified';
      }
      if (sources > 1) return 'due to multiple value sources being set';
      if (context !== '') return '. Field "from_context" is not supported: Sonde keeps no client metadata';
      return pattern === '' ? undefined : unused('pattern');
    case 'delete':
    case 'hash':
      if (value != null || from !== '') {
        return `. Action "${action}" does not use "value" or "from_attribute" field. These must not be specified`;
      }
      return pattern === '' ? undefined : patternProblem(pattern);
    case 'extract':
      if (sources > 0) return `. Action "${action}" does not use a value source field. These must not be specified`;
      if (pattern === '') return `due to missing required field "pattern" for action "${action}"`;
      return patternProblem(pattern) ?? groupProblem(pattern);
    case 'convert':
      if (sources > 0 || pattern !== '') {
        return `. Action "${action}" does not use value sources or "pattern" field. These must not be specified`;
      }
      if (type === '') return `due to missing required field "converted_type" for action "${action}"`;
      if (['string', 'int', 'double'].includes(type)) return undefined;
      return `due to invalid value "${type}" in field "converted_type" for action "${action}"`;
    default:
      return `due to unsupported action "${action}"`;
  }
}

function patternProblem(pattern: string): string | undefined {
  try {
    goRegExp(pattern);
    return undefined;
  } catch {
    return `. Field "pattern" has invalid pattern: "${pattern}"`;
  }
}

function groupProblem(pattern: string): string | undefined {
  // Matches nothing in the first branch, so that all groups are there.
  const groups = new RegExp(`${goRegExp(pattern).source}|`).exec('');
  const count = (groups?.length ?? 1) - 1;
  const named = Object.keys(groups?.groups ?? {}).length;
  if (count === 0) return '. Field "pattern" contains no named matcher groups';
  return named < count ? '. Field "pattern" contains at least one unnamed matcher group' : undefined;
}

/** All actions, one after the other; each sees what those before it did. */
export function compileActions(configs: readonly ActionConfig[]): Change {
  const changes = configs.map(compile);
  return (attributes) => {
    for (const change of changes) change(attributes);
  };
}

function compile(config: ActionConfig): Change {
  const { key, pattern } = config;
  const expression = pattern === '' ? undefined : goRegExp(pattern);
  const keys = (attributes: AttributeList): string[] =>
    expression === undefined ? [key] : [key, ...attributes.keys().filter((each) => expression.test(each))];
  switch (config.action.toLowerCase()) {
    case 'delete':
      return (attributes) => {
        for (const each of keys(attributes)) attributes.remove(each);
      };
    case 'hash':
      return (attributes) => {
        for (const each of keys(attributes)) edit(attributes, each, hashed);
      };
    case 'extract':
      return (attributes) => extract(attributes, key, expression);
    case 'convert':
      return (attributes) => edit(attributes, key, (value) => converted(value, config.converted_type));
    default:
      return compileSet(config);
  }
}

function compileSet(config: ActionConfig): Change {
  const { key, from_attribute: from } = config;
  const action = config.action.toLowerCase();
  const fixed = config.value == null ? undefined : anyValueOf(config.value);
  const otherwise = config.default_value == null ? undefined : anyValueOf(config.default_value);
  return (attributes) => {
    const value = fixed ?? (from === '' ? undefined : attributes.get(from)) ?? otherwise;
    if (value === undefined) return;
    const exists = attributes.get(key) !== undefined;
    if (action === 'upsert' || exists === (action === 'update')) attributes.set(key, value);
  };
}

function edit(attributes: AttributeList, key: string, change: (value: AnyValue) => AnyValue | undefined): void {
  const value = attributes.get(key);
  const next = value === undefined ? undefined : change(value);
  if (next !== undefined) attributes.set(key, next);
}

function extract(attributes: AttributeList, key: string, expression: RegExp | undefined): void {
  const text = attributes.get(key)?.stringValue;
  if (text === undefined) return;
  const groups = expression?.exec(text)?.groups;
  for (const [name, value] of Object.entries(groups ?? {})) attributes.set(name, { stringValue: value ?? '' });
}
