/** Written by the bundler from package.json; absent when the sources run as they are (tests). */
declare const SONDE_VERSION: string | undefined;

export const VERSION = typeof SONDE_VERSION === 'string' ? SONDE_VERSION : '0.0.0-source';
