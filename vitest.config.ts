import { defineConfig } from 'vitest/config';
import { tallyReporter } from './test/support/tally-reporter.ts';

/** Tests that run the product as a person does, by starting it. */
const FACES = ['test/bin/**', 'test/cli/**', 'test/conversations/**', 'test/mcp/**'];
/** Tests that kill processes or keep a server busy for a while. */
const E2E = ['test/e2e/**'];

const TESTS = '*.test.ts';
const within = (folders: string[]) => folders.map((folder) => `${folder}/${TESTS}`);

export default defineConfig({
  test: {
    // Tests wait for processes and timers much of their time: two workers on two cores, where the default is one.
    maxWorkers: '100%',
    reporters: process.env['CI'] === undefined ? ['default'] : ['default', tallyReporter],
    projects: [
      {
        test: {
          name: 'unit',
          include: [`test/**/${TESTS}`],
          exclude: [...FACES, ...E2E],
          // Loading the modules once a worker instead of once a file halves the processor time. A test leaves nothing
          // behind in its process: no module state, no environment, no mocks.
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'faces', include: within(FACES), isolate: false, testTimeout: 60_000, hookTimeout: 60_000 } },
      {
        test: {
          name: 'e2e',
          include: within(E2E),
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // After the others: they wait for leases and deadlines most of their time.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
