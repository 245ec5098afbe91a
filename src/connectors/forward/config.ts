import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';

export const schema = { type: 'object', properties: {}, additionalProperties: false } as const satisfies ConfigSchema;

export type ForwardConfig = ConfigOf<typeof schema>;
