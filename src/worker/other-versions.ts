import { toAppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { readCoordinators } from '../fleet/coordinators.ts';
import type { Fleet } from '../fleet/fleet.ts';

/** How often coordinators are looked at, in milliseconds. */
const LOOK_MS = 2_000;

/** Looks for coordinators whose rows a worker never gets, until it is closed. */
export interface VersionWatch {
  close(): void;
}

/**
 * Tells, once for each version, that coordinators of another version are there: their rows are in queues that this
 * worker does not read. A coordinator that reports nothing new is gone.
 */
export function watchVersions({ connections, envelope, version }: Fleet, log: Log): VersionWatch {
  const board = { redis: connections.commands(), envelope };
  const told = new Set<string>();
  let earlier = new Map<string, number>();
  const look = async () => {
    const found = await readCoordinators(board);
    for (const [batchId, { version: theirs, at }] of found) {
      const isThere = earlier.has(batchId) && earlier.get(batchId) !== at;
      if (theirs === version || !isThere || told.has(theirs)) continue;
      told.add(theirs);
      log.warn({ batchId, theirs, version }, 'this worker has another version than a coordinator');
    }
    earlier = new Map([...found].map(([batchId, { at }]) => [batchId, at]));
  };
  const looking = setInterval(() => {
    look().catch((thrown: unknown) => log.debug({ reason: toAppError(thrown).message }, 'coordinators were not read'));
  }, LOOK_MS);
  return { close: () => clearInterval(looking) };
}
