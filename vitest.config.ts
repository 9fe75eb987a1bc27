// How the tests run: one project a kind of test, forks (a test may change the environment, the folder or signal handlers
// of its process), and a last line that says what was counted.
import { defineConfig } from 'vitest/config';

/** A unit test slower than this waits for something it should not wait for, ms. */
const UNIT_TIMEOUT_MS = 10_000;
/** Real processes: start, lease, takeover, drain; on a busy machine with 2 cores, ms. */
const E2E_TIMEOUT_MS = 120_000;

/** Starting real nodes, one after the other, ms. */
const INTEGRATION_TIMEOUT_MS = 240_000;

/** Kinds that have a folder of their own; every other test is a unit test. */
const KINDS = ['conformance', 'simulation', 'cli', 'e2e', 'integration'] as const;
const TIDY = 'test/tidy.test.ts';
const folder = (kind: string): string => `test/${kind}/**/*.test.ts`;

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: UNIT_TIMEOUT_MS,
    // A kind without tests yet is no error; a run that counts no test at all is one, see the summary reporter.
    passWithNoTests: true,
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      { extends: true, test: { name: 'tidy', include: [TIDY] } },
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [TIDY, ...KINDS.map(folder)] },
      },
      { extends: true, test: { name: 'conformance', include: [folder('conformance')] } },
      { extends: true, test: { name: 'cli', include: [folder('cli')] } },
      {
        extends: true,
        // By itself: its processes use every core. The tests name their own, longer time-outs.
        test: { name: 'simulation', include: [folder('simulation')], sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: [folder('e2e')],
          // After all others, one file at a time: these measure time and own the machine's cores.
          sequence: { groupOrder: 2 },
          fileParallelism: false,
          testTimeout: E2E_TIMEOUT_MS,
          hookTimeout: E2E_TIMEOUT_MS,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [folder('integration')],
          // Last: real nodes take a core and a gigabyte each.
          sequence: { groupOrder: 3 },
          fileParallelism: false,
          globalSetup: ['test/support/real-cassandra-setup.ts'],
          testTimeout: INTEGRATION_TIMEOUT_MS,
          hookTimeout: INTEGRATION_TIMEOUT_MS,
        },
      },
    ],
  },
});
