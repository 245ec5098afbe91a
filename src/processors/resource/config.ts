import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';
import { actionProblem, actionSchema } from '../helper/actions.ts';

export const schema = {
  type: 'object',
  properties: {
    attributes: {
      type: 'array',
      items: actionSchema,
      default: [],
      description: 'Changes of resource attributes, one after the other.',
    },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type ResourceConfig = ConfigOf<typeof schema>;

export function validate(config: ResourceConfig): { path: string[]; message: string }[] {
  if (config.attributes.length === 0) return [{ path: [], message: 'missing required field "attributes"' }];
  return config.attributes.flatMap((action, i) => {
    const message = actionProblem(action, i);
    return message === undefined ? [] : [{ path: ['attributes', String(i)], message }];
  });
}
