import type { AlertStore } from '../../storage/alerts.ts';
import type { JobStore } from '../../storage/jobs.ts';
import type { OverviewStore } from '../../storage/overview.ts';
import type { UsageStore, UsageSum } from '../../storage/usage.ts';
import { MOST_OPEN, RULE_NAMES } from '../alerts/alert-rules.ts';
import { counter, type Family, gauge, type Sample } from './exposition.ts';

const MICRO = 1e6;

/** The store that {@link readStoreMetrics} reads. */
export type MetricsStore = UsageStore & OverviewStore & Pick<JobStore, 'listQueues'> & Pick<AlertStore, 'listAlerts'>;

/** What the store knows, over all processes and since its beginning. */
export async function readStoreMetrics(store: MetricsStore, now: number): Promise<Family[]> {
  const sums = await store.readUsage({ from: 0, to: Number.MAX_SAFE_INTEGER, seconds: null, by: ['model', 'way'] });
  const [batches, jobs, queues, alerts, bytes] = await Promise.all([
    store.readActiveBatches(),
    store.readOpenProviderJobs(),
    store.listQueues(),
    store.listAlerts({ which: 'open', limit: MOST_OPEN }),
    store.readSize(),
  ]);
  const names = queues.map(({ agent, version, model }) => ({ agent: `${agent}@${version}`, model }));
  return [
    ...usageFamilies(sums),
    gauge('rowmill_active_rows', 'Rows of batches that have not ended, by state.', [
      { labels: { state: 'queued' }, value: batches.reduce((sum, { queued }) => sum + queued, 0) },
      { labels: { state: 'running' }, value: batches.reduce((sum, { running }) => sum + running, 0) },
    ]),
    gauge('rowmill_active_batches', 'Batches that have not ended and are not paused.', [{ value: batches.length }]),
    gauge(
      'rowmill_queue_jobs',
      'Jobs that wait, by agent and model.',
      queues.map(({ waiting }, index) => ({ labels: names[index] ?? {}, value: waiting })),
    ),
    gauge(
      'rowmill_queue_oldest_age_seconds',
      'Age of the oldest waiting job, by agent and model.',
      queues.map(({ oldestAt }, index) => ({
        labels: names[index] ?? {},
        value: oldestAt === null ? 0 : Math.max(0, now - oldestAt) / 1000,
      })),
    ),
    gauge(
      'rowmill_provider_jobs',
      'Jobs at the batch APIs of providers.',
      [...Map.groupBy(jobs, ({ provider }) => provider)].map(([provider, own]) => ({
        labels: { provider },
        value: own.length,
      })),
    ),
    gauge(
      'rowmill_alerts',
      'Open alerts, acknowledged ones included, by rule.',
      RULE_NAMES.map((rule) => ({
        labels: { rule },
        value: alerts.filter((alert) => alert.rule === rule).length,
      })),
    ),
    gauge('rowmill_database_bytes', 'Size of the database file.', [{ value: bytes }]),
  ];
}

function usageFamilies(sums: readonly UsageSum[]): Family[] {
  const calls = sums.filter(({ by }) => by.way !== 'row');
  const perModel = (value: (sum: UsageSum) => number): Sample[] =>
    calls.map((sum) => ({ labels: { model: sum.by.model ?? '', way: sum.by.way ?? '' }, value: value(sum) }));
  const kinds = { input: 'inputTokens', output: 'outputTokens', cache_write: 'cacheWriteTokens', cache_read: 'cacheReadTokens' } as const; // biome-ignore format: a table
  const rows = (value: (sum: UsageSum) => number) => sums.reduce((total, sum) => total + value(sum), 0);
  return [
    counter('rowmill_row_attempts_total', 'Attempts at rows that have ended, by outcome.', [
      { labels: { outcome: 'succeeded' }, value: rows(({ rowsSucceeded }) => rowsSucceeded) },
      { labels: { outcome: 'failed' }, value: rows(({ rowsFailed }) => rowsFailed) },
    ]),
    counter(
      'rowmill_model_calls_total',
      'Answered model calls, by model and way.',
      perModel((sum) => sum.calls),
    ),
    counter(
      'rowmill_tokens_total',
      'Tokens of answered calls, by model and kind.',
      [...Map.groupBy(calls, ({ by }) => by.model ?? '')].flatMap(([model, own]) =>
        Object.entries(kinds).map(([kind, field]) => ({
          labels: { model, kind },
          value: own.reduce((total, { usage }) => total + usage[field], 0),
        })),
      ),
    ),
    counter(
      'rowmill_cost_usd_total',
      'Cost of calls of known price, in dollars.',
      perModel((sum) => sum.costMicroUsd / MICRO),
    ),
    counter(
      'rowmill_saved_usd_total',
      'Saved by batch APIs and the cache, in dollars.',
      perModel((sum) => sum.savedMicroUsd / MICRO),
    ),
    counter(
      'rowmill_unpriced_calls_total',
      'Answered calls of unknown price.',
      perModel((sum) => sum.unpricedCalls),
    ),
  ];
}
