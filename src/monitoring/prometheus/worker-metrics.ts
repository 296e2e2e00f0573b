import type { FleetWorker } from '../../runner/contract/service/worker.ts';
import { counter, type Family, gauge } from './exposition.ts';

/** Redis may be away: the other metrics do not wait for it longer than this, in milliseconds. */
const WAIT_MS = 1_000;

/**
 * The workers of the fleet, by worker and machine.
 * Contract: never rejects; no metrics while the workers can't be listed, and where there is no fleet.
 */
export async function readWorkerMetrics(list: () => Promise<FleetWorker[]>): Promise<Family[]> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), WAIT_MS);
  const workers = await Promise.race([list().catch(() => undefined), late.promise]);
  clearTimeout(timer);
  if (workers === undefined) return [];
  const perWorker = (value: (worker: FleetWorker) => number) =>
    workers.map((worker) => ({ labels: { worker: worker.worker_id, host: worker.host }, value: value(worker) }));
  return [
    counter(
      'rowmill_worker_rows_total',
      'Rows that a worker has run.',
      perWorker(({ rows }) => rows),
    ),
    gauge(
      'rowmill_worker_running_rows',
      'Rows that a worker has now.',
      perWorker((worker) => worker.running_rows),
    ),
    gauge(
      'rowmill_worker_concurrency',
      'Rows that a worker runs at a time.',
      perWorker(({ concurrency }) => concurrency),
    ),
    gauge(
      'rowmill_worker_up',
      'Whether a worker takes rows: 0 while it drains, is silent, or has another version.',
      perWorker(({ state }) => (state === 'active' ? 1 : 0)),
    ),
  ];
}
