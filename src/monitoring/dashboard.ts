import { isoTime } from '../base/clock.ts';
import type { Dashboard } from '../runner/contract/service/dashboard.ts';
import type { AlertStore } from '../storage/alerts.ts';
import { alertReportOf } from './alerts/alert-report.ts';
import type { MetricsStore } from './prometheus/store-metrics.ts';
import { readSavings } from './savings.ts';
import { figuresOf } from './usage-figures.ts';

const DAY_MS = 86_400_000;
const MOST_ALERTS = 100;

/** How the lanes of a process are now. */
export type LaneStates = () => {
  provider: string;
  model: string;
  state: 'open' | 'cooling' | 'stopped';
  waitMs: number;
  inFlight: number;
  waiting: number;
}[];

/** What is going on now, and what the last day cost. */
export async function readDashboard({
  store,
  lanes,
  now,
}: {
  store: MetricsStore & AlertStore;
  lanes: ReturnType<LaneStates>;
  now: number;
}): Promise<Dashboard> {
  const [day, savings, batches, queues, jobs, alerts, bytes] = await Promise.all([
    store.readUsage({ from: now - DAY_MS, to: now + 1, seconds: null, by: [] }),
    readSavings({ by: 'agent' }, { store, now }),
    store.readActiveBatches(),
    store.listQueues(),
    store.readOpenProviderJobs(),
    store.listAlerts({ which: 'open', limit: MOST_ALERTS }),
    store.readSize(),
  ]);
  const { totals, saved_share, projection } = savings;
  return {
    at: isoTime(now),
    last_24_hours: figuresOf(day),
    last_30_days: { totals, saved_share, projection },
    batches: batches.map(({ id, activeSince: _, ...batch }) => ({ batch_id: id, ...batch })),
    queues: queues.map(({ agent, version, model, waiting, oldestAt }) => ({
      ...{ agent, version, model, waiting },
      oldest_at: isoTime(oldestAt),
    })),
    provider_jobs: jobs.map(({ batchId, provider, model, requests, submittedAt }) => ({
      ...{ batch_id: batchId, provider, model, requests },
      submitted_at: isoTime(submittedAt),
    })),
    lanes: lanes.map(({ provider, model, state, waitMs, inFlight, waiting }) => ({
      ...{ provider, model, state, in_flight: inFlight, waiting },
      wait_seconds: Math.ceil(waitMs / 1000),
    })),
    alerts: alerts.map(alertReportOf),
    database_bytes: bytes,
  };
}
