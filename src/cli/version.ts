declare const SONDE_VERSION: string | undefined;

/** Set by the bundler. */
export const version = typeof SONDE_VERSION === 'string' ? SONDE_VERSION : 'dev';
export const buildInfo = { command: 'sonde', description: 'Zero-code telemetry sidecar', version } as const;
