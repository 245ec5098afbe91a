/** Keys of the Collector's clients and servers that name extensions of kinds that Sonde has not: they load, and are refused with the reason. */
export const extensionKeys = {
  auth: {
    type: 'object',
    'x-sonde-optional': true,
    'x-sonde-switch': true,
    description: 'Refused with the reason: Sonde has no authenticator extensions.',
    properties: {
      authenticator: { type: 'string', default: '', description: 'Must be absent: Sonde has no authenticators.' },
    },
    additionalProperties: false,
  },
  middlewares: {
    type: 'array',
    items: {
      type: 'object',
      properties: { id: { type: 'string', default: '' } },
      additionalProperties: false,
    },
    default: [],
    description: 'Must be empty: Sonde has no middleware extensions.',
  },
} as const;

export interface ExtensionKeys {
  readonly auth?: { readonly authenticator: string };
  readonly middlewares: readonly { readonly id: string }[];
}

/** `path` is where the keys are, `instead` what to do without an authenticator. */
export function refuseExtensions(
  config: ExtensionKeys,
  path: readonly string[],
  instead: string,
): { readonly path: readonly string[]; readonly message: string }[] {
  const middlewares = config.middlewares.map(({ id }, i) => ({
    path: [...path, 'middlewares', String(i)],
    message: `failed to resolve middleware "${id}": Sonde has no middleware extensions`,
  }));
  if (config.auth === undefined) return middlewares;
  const message = `failed to resolve authenticator "${config.auth.authenticator}": Sonde has no authenticator extensions; ${instead}`;
  return [{ path: [...path, 'auth', 'authenticator'], message }, ...middlewares];
}
