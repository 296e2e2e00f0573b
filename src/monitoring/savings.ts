import { isoTime } from '../base/clock.ts';
import type { SavingsLine, SavingsQuery, SavingsReport } from '../runner/contract/service/savings.ts';
import type { UsageStore, UsageSum } from '../storage/usage.ts';
import { type Period, periodOf } from './period.ts';

const MICRO = 1e6;
const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;

type Figures = Omit<SavingsLine, 'name'>;

/** What batch APIs and the cache saved in a period. */
export async function readSavings(
  { by, ...given }: SavingsQuery,
  { store, now }: { store: Pick<UsageStore, 'readUsage'>; now: number },
): Promise<SavingsReport> {
  const period = periodOf(given, { now, days: DEFAULT_DAYS });
  const fields = by === 'day' ? (['way'] as const) : ([by, 'way'] as const);
  const read = await store.readUsage({ ...period, seconds: by === 'day' ? 86_400 : null, by: fields });
  const sums = read.filter((sum) => sum.by.way !== 'row');
  const nameOf = (sum: UsageSum) => (by === 'day' ? dayOf(sum.at ?? 0) : (sum.by[by] ?? ''));
  const items = [...Map.groupBy(sums, nameOf)].map(([name, own]) => ({ name, ...savedOf(own) }));
  const totals = savedOf(sums);
  return {
    from: isoTime(period.from),
    to: isoTime(period.to),
    by,
    items: by === 'day' ? items : items.toSorted((a, b) => b.saved_usd - a.saved_usd || a.name.localeCompare(b.name)),
    totals,
    saved_share: totals.standard_usd === 0 ? null : totals.saved_usd / totals.standard_usd,
    projection: await projectionOf(totals, period, { store, now }),
  };
}

/** The rate since the first call of the period. Less than a day counts as one: an hour is no rate of a month. */
async function projectionOf(
  { saved_usd: saved, cost_usd: cost }: Figures,
  period: Period,
  { store, now }: { store: Pick<UsageStore, 'readUsage'>; now: number },
): Promise<SavingsReport['projection']> {
  const [first] = await store.readUsage({ ...period, seconds: 60, by: [] });
  if (first === undefined) return null;
  const days = Math.max(1, (Math.min(period.to, now) - (first.at ?? period.from)) / DAY_MS);
  return {
    days,
    saved_usd_per_month: (saved / days) * 30,
    saved_usd_per_year: (saved / days) * 365,
    cost_usd_per_month: (cost / days) * 30,
  };
}

function savedOf(sums: readonly UsageSum[]): Figures {
  const of = (value: (sum: UsageSum) => number) => sums.reduce((total, sum) => total + value(sum), 0);
  const savedBy = (way: string) => of((sum) => (sum.by.way === way ? sum.savedMicroUsd : 0));
  const [cost, saved] = [of((sum) => sum.costMicroUsd), of((sum) => sum.savedMicroUsd)];
  return {
    calls: of((sum) => sum.calls),
    cost_usd: cost / MICRO,
    standard_usd: (cost + saved) / MICRO,
    saved_usd: saved / MICRO,
    batch_api_usd: savedBy('batch') / MICRO,
    cache_usd: savedBy('cache') / MICRO,
  };
}

/** A day in UTC: `2026-11-29`. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
