import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir: '../../coverage/web',
  retries: 0,
  fullyParallel: true,
  workers: 2,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: process.env['CI'] === undefined ? 'list' : 'dot',
  // A busy machine takes long; a condition that holds early costs nothing.
  timeout: 180_000,
  expect: { timeout: 45_000 },
  globalSetup: './support/build.ts',
  use: {
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/London',
    reducedMotion: 'reduce',
    trace: 'off',
    launchOptions: {
      executablePath: process.env['ROWMILL_TEST_CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox'],
    },
  },
});
