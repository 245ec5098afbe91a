import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';
import type { Signal } from '../../pdata/pdata.ts';
import { actionProblem, actionSchema } from '../helper/actions.ts';
import { matchSchema } from './match_schema.ts';
import { matchProblem } from './matcher.ts';

export const schema = {
  type: 'object',
  properties: {
    actions: { type: 'array', items: actionSchema, default: [], description: 'Changes, one after the other.' },
    include: matchSchema,
    exclude: { ...matchSchema, description: 'What is not changed, of what is included.' },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type AttributesConfig = ConfigOf<typeof schema>;

export function validate(config: AttributesConfig): { path: string[]; message: string }[] {
  if (config.actions.length === 0) return [{ path: [], message: 'missing required field "actions"' }];
  return config.actions.flatMap((action, i) => {
    const message = actionProblem(action, i);
    return message === undefined ? [] : [{ path: ['actions', String(i)], message }];
  });
}

/** What may be matched hangs on the signal. */
export function validateFor(config: AttributesConfig, signal: Signal): { path: string[]; message: string }[] {
  return (['include', 'exclude'] as const).flatMap((key) => {
    const match = config[key];
    const message = match === undefined ? undefined : matchProblem(match, signal);
    return message === undefined ? [] : [{ path: [key], message }];
  });
}
