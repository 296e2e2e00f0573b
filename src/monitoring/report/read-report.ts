import { isoTime } from '../../base/clock.ts';
import type { ReportLine, ServiceReport } from '../../runner/contract/service/service-report.ts';
import type { UsageField, UsageStore } from '../../storage/usage.ts';
import { periodOf } from '../period.ts';
import { dayOf, readSavings } from '../savings.ts';
import { figuresOf } from '../usage-figures.ts';

const DEFAULT_DAYS = 30;

/** The report of a period, from which every form is written. */
export async function readReport(
  given: { from?: string; to?: string },
  { store, now }: { store: Pick<UsageStore, 'readUsage'>; now: number },
): Promise<ServiceReport> {
  const period = periodOf(given, { now, days: DEFAULT_DAYS });
  const [from, to] = [isoTime(period.from), isoTime(period.to)];
  const linesBy = async (field: UsageField): Promise<ReportLine[]> => {
    const sums = await store.readUsage({ ...period, seconds: null, by: [field] });
    const lines = sums.map((sum) => ({ name: sum.by[field] ?? '', ...figuresOf([sum]) }));
    return lines.toSorted((a, b) => b.cost_usd - a.cost_usd || a.name.localeCompare(b.name));
  };
  const days = await store.readUsage({ ...period, seconds: 86_400, by: [] });
  const { totals, saved_share, projection } = await readSavings({ from, to, by: 'agent' }, { store, now });
  return {
    ...{ from, to, created_at: isoTime(now) },
    totals: figuresOf(days),
    savings: { totals, saved_share, projection },
    days: days.map((sum) => ({ name: dayOf(sum.at ?? 0), ...figuresOf([sum]) })),
    agents: await linesBy('agent'),
    models: await linesBy('model'),
    batches: await linesBy('batch'),
  };
}
