import { decode } from '../../src/config/decode.ts';
import { Problems, problemText } from '../../src/config/problem.ts';
import type { Schema } from '../../src/config/schema.ts';
import { parseYaml } from '../../src/config/yaml.ts';

interface Checked {
  readonly path: readonly string[];
  readonly message: string;
}

/**
 * What YAML says of one component, as the program reads it: `schema` and `validate` of its `config.ts`, whose `C` is
 * (asked of the compiler, the type of a whole schema is too deep). `messages`: what is wrong, with its keys.
 */
export function componentConfig<C>(
  schema: object,
  yaml: string,
  validate: (config: C) => readonly Checked[] = () => [],
): { readonly config: C; readonly messages: string[]; readonly warnings: string[] } {
  const node = parseYaml(yaml, 'test');
  const problems = new Problems();
  const config = decode(node, schema as Schema, [], node, problems) as C;
  const wrong: readonly Checked[] = problems.all.length > 0 ? problems.all : validate(config);
  return {
    config,
    messages: wrong.map(({ path, message }) => `${path.join('::')}: ${message}`),
    warnings: problems.warnings.map(problemText),
  };
}
