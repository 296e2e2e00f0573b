import { defineConfig } from 'vitest/config';
import { tallyReporter } from './test/support/tally-reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: process.env['CI'] === undefined ? ['default'] : ['default', tallyReporter],
    // Tests that stop and kill real processes wait for other processes; a machine that is busy with something else may
    // make one late. A fault of the code fails every time.
    retry: process.env['CI'] === undefined ? 0 : 2,
  },
});
