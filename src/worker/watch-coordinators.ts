import { toAppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { readCoordinators } from '../fleet/coordinators.ts';
import type { Fleet } from '../fleet/fleet.ts';

/** How often coordinators are looked at, in milliseconds. */
const LOOK_MS = 2_000;

/** Looks for coordinators whose rows a worker never gets, until it is closed. */
export interface CoordinatorWatch {
  close(): void;
}

/**
 * Tells, once for each version and once for other keys, that coordinators are there whose rows are in queues that this
 * worker does not read. A coordinator that reports nothing new is gone.
 */
export function watchCoordinators({ connections, envelope, version }: Fleet, log: Log): CoordinatorWatch {
  const board = { redis: connections.commands(), envelope };
  const reported = new Set<string>();
  let earlier = new Map<string, Buffer>();
  const tell = (theirs: string | undefined, batchId: string) => {
    if (theirs === version || reported.has(theirs ?? '')) return;
    reported.add(theirs ?? '');
    if (theirs === undefined) log.warn({ batchId }, 'this worker has another key than a coordinator');
    else log.warn({ batchId, theirs, version }, 'this worker has another version than a coordinator');
  };
  const look = async () => {
    const found = await readCoordinators(board);
    for (const [batchId, { sealed, coordinator }] of found) {
      const isThere = earlier.get(batchId)?.equals(sealed) === false;
      if (isThere) tell(coordinator?.version, batchId);
    }
    earlier = new Map([...found].map(([batchId, { sealed }]) => [batchId, sealed]));
  };
  const looking = setInterval(() => {
    look().catch((thrown: unknown) => log.debug({ reason: toAppError(thrown).message }, 'coordinators were not read'));
  }, LOOK_MS);
  return { close: () => clearInterval(looking) };
}
