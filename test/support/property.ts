import fc from 'fast-check';

/**
 * fast-check with one seed, so that a run repeats the one before and a failure is the change's. SEED=n tries another.
 */
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20261121) });

export { fc };
