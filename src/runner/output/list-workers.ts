import { isoTime } from '../../base/clock.ts';
import type { FleetOpener } from '../../fleet/fleet.ts';
import { isSilent, readPresences, type SeenWorker } from '../../fleet/presence.ts';
import type { FleetWorker } from '../contract/service/worker.ts';
import { noFleet } from '../execution/fleet/no-fleet.ts';

/**
 * The workers that are there or were there in the last minutes.
 * @throws AppError `option_not_supported` where no Redis is named
 */
export async function listWorkers(opener: FleetOpener | null, now: number): Promise<FleetWorker[]> {
  if (opener === null) throw noFleet();
  const { connections, envelope, version } = await opener.open();
  await connections.ready();
  const workers = await readPresences(connections.commands(), envelope);
  return workers.map((worker) => ({
    ...{ worker_id: worker.id, host: worker.host, pid: worker.pid, version: worker.version, tags: worker.tags },
    ...{ concurrency: worker.concurrency, running_rows: worker.running, rows: worker.rows },
    state: stateOf(worker, version),
    unfit: worker.unfit.map(({ batchId, reason }) => ({ batch_id: batchId, reason })),
    started_at: isoTime(worker.startedAt),
    seen_at: isoTime(now - worker.silentMs),
  }));
}

function stateOf(worker: SeenWorker, version: string): FleetWorker['state'] {
  if (isSilent(worker)) return 'silent';
  if (worker.version !== version) return 'other_version';
  return worker.isDraining ? 'draining' : 'active';
}
