import { setImmediate } from 'node:timers/promises';
import type { UsageStore } from '../storage/usage.ts';

const DAY_MS = 86_400_000;
/** Minutes are kept for two days, hours for sixty. */
const KEPT_DAYS = { minutes: 2, hours: 60 };

/** Moves old minutes into hours and old hours into days, in portions, until `signal` fires. */
export async function foldUsage(
  store: Pick<UsageStore, 'foldUsage'>,
  { now, signal }: { now: number; signal: AbortSignal },
): Promise<void> {
  const before = { minutes: now - KEPT_DAYS.minutes * DAY_MS, hours: now - KEPT_DAYS.hours * DAY_MS };
  while (!signal.aborted && (await store.foldUsage(before))) await setImmediate();
}
