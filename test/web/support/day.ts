import { expect, test } from '@playwright/test';

/** So much of a day a test needs whose figures are those of today, on a busy machine. */
const LEAST_MS = 180_000;

/**
 * Waits over midnight where it is near, in UTC and in the summer time of the browser's zone: the figures of today would
 * be those of another day at the end of the test.
 */
export async function untilDayIsLong(): Promise<void> {
  const left = () => Math.min(...[0, 1].map((hours) => msOfDay(hours)));
  test.slow();
  await expect.poll(left, { timeout: LEAST_MS + 10_000, intervals: [1_000] }).toBeGreaterThan(LEAST_MS);
}

/** Milliseconds until midnight of a zone so many hours before UTC. */
function msOfDay(hoursAhead: number): number {
  const day = 86_400_000;
  return day - ((Date.now() + hoursAhead * 3_600_000) % day);
}
