const project = (displayName, testMatch, extra = {}) => ({
  displayName,
  testMatch: testMatch.map((pattern) => `<rootDir>/${pattern}`),
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/transform.mjs' },
  ...extra,
});

// unit: any machine. kernel: root, loads BPF programs. e2e: root, real servers and clients, the built program.
export default {
  // Of what hangs; a busy machine may need minutes.
  testTimeout: 300_000,
  globalSetup: '<rootDir>/test/support/run.mjs',
  projects: [
    project('unit', [
      'test/!(kernel|e2e|support|fuzz|fixtures)/**/*.test.ts',
      'test/*.test.ts',
      'test/fuzz/**/*.test.ts',
    ]),
    project('kernel', ['test/kernel/**/*.test.ts']),
    project('e2e', ['test/e2e/**/*.test.ts']),
  ],
};
