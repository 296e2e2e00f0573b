import { toAppError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import { writeCoordinator } from '../../../fleet/coordinators.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import { PLACES } from '../../../fleet/places.ts';
import { readPresences } from '../../../fleet/presence.ts';
import type { StreamSender } from '../../../fleet/stream-sender.ts';
import type { Fence } from '../../../storage/leases.ts';
import { OPTION_DEFAULTS } from '../../contract/request/options.ts';
import type { Dispatch } from './dispatch.ts';
import type { ToWorker } from './messages.ts';
import type { RemoteRows } from './remote-rows.ts';
import type { RunTable } from './run-table.ts';
import type { WorkerWatch } from './watch-workers.ts';

/** Once a second, workers and queue are compared with what the coordinator expects. */
export interface FleetLooks {
  /** How many rows are in progress where nobody set the concurrency. */
  concurrency(): number;
  /** Calls back when that changes. Returns the function that ends the listening. */
  listen(onChange: () => void): () => void;
  close(): void;
}

interface LookParts {
  fleet: Fleet;
  fence: Fence;
  tags: readonly string[];
  watch: WorkerWatch;
  sender: StreamSender;
  runs: RunTable;
  rows: Pick<RemoteRows, 'release'>;
  dispatch: Pick<Dispatch, 'reconcile' | 'size'>;
  now: () => number;
  log: Log;
}

const LOOK_MS = 1_000;
/** After so many looks without a worker it is said. */
const ALONE_LOOKS = 5;

/** Resolves after the first look, when it has sent this lease to workers, which may have rows of an earlier one. */
export async function lookAtFleet(parts: LookParts): Promise<FleetLooks> {
  const { fleet, fence, watch, sender, runs, rows, dispatch, now, log } = parts;
  const board = { redis: fleet.connections.commands(), envelope: fleet.envelope };
  const listeners = new Set<() => void>();
  // Every slot has a chunk, and some wait, so that no worker that has run one waits for the next.
  const concurrency = () =>
    Math.max(OPTION_DEFAULTS.concurrency, Math.ceil(watch.slots() * 1.25 + watch.fit().length) * dispatch.size());
  let was = concurrency();
  const tellMissing = createMissingNotice(parts);
  const look = async () => {
    watch.see(await readPresences(board.redis, board.envelope));
    await writeCoordinator(board, fence.batchId, { epoch: fence.epoch, version: fleet.version, at: now() });
    for (const run of runs.all()) if (run.holder !== undefined && !watch.isAlive(run.holder)) rows.release(run);
    await dispatch.reconcile();
    tellMissing();
    if (concurrency() === was) return;
    was = concurrency();
    for (const listener of listeners) listener();
  };
  // While Redis is away nothing is judged: the workers are not, perhaps.
  const lookSafely = () =>
    look().catch((thrown: unknown) => log.debug({ reason: toAppError(thrown).message }, 'the fleet was not read'));
  await lookSafely();
  const lease = { batchId: fence.batchId, epoch: fence.epoch, body: { kind: 'lease' } } satisfies ToWorker;
  if (fence.epoch > 1) for (const { id } of watch.alive()) sender.send(PLACES.worker(id), lease);
  const looking = setInterval(lookSafely, LOOK_MS);
  return {
    concurrency,
    listen(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    close: () => clearInterval(looking),
  };
}

/** Says, once, that rows wait and no worker takes them. */
function createMissingNotice({ fleet, fence, tags, watch, runs, log }: LookParts): () => void {
  let looks = 0;
  return () => {
    if (watch.fit().length > 0 || runs.all().length === 0) looks = 0;
    else looks += 1;
    if (looks !== ALONE_LOOKS) return;
    const { batchId } = fence;
    log.warn({ batchId, tags, version: fleet.version, workers: watch.alive().length }, 'no worker takes the rows');
  };
}
