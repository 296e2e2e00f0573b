import type { Clock } from '../../base/clock.ts';
import { toAppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Runner } from '../runner.ts';

/** How often lapsed batches are looked for, in milliseconds. */
const LOOK_MS = 250;
/** How long a batch is left alone after its drive failed. */
const BACK_OFF_MS = 5_000;
/** How long there must be nothing to do before an idle supervisor ends: a batch may be created just now. */
const IDLE_MS = 2_000;
/** How often what is due is pruned and what is removed is swept. */
const HOUSE_MS = 600_000;

export interface SuperviseOptions {
  runner: Runner;
  clock: Clock;
  log: Log;
  /** Drains; batches stay `running` and may be taken over by the next process. */
  signal: AbortSignal;
  hardSignal: AbortSignal;
  /** End once no batch is left to drive. */
  untilIdle: boolean;
}

/**
 * Drives every active batch that no living process owns, each as soon as it is seen, and keeps house: at the start and
 * from time to time. Resolves when all drives are at rest.
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { runner, clock, log, signal, untilIdle } = options;
  const drives = new Map<string, Promise<void>>();
  const leftAloneUntil = new Map<string, number>();
  let idleSince = clock.monotonic();
  const house = keepHouse(options);
  const drive = async (id: string): Promise<void> => {
    try {
      await runner.drive(id, { signal, hardSignal: options.hardSignal, onDrain: 'release' });
    } catch (thrown) {
      const error = toAppError(thrown);
      leftAloneUntil.set(id, clock.monotonic() + BACK_OFF_MS);
      if (error.code !== 'batch_owned_elsewhere')
        log.error({ batchId: id, code: error.code, err: error }, 'batch stopped');
    } finally {
      drives.delete(id);
    }
  };
  while (!signal.aborted) {
    const lapsed = await lapsedBatches(runner, log);
    const now = clock.monotonic();
    for (const id of lapsed) {
      if (!drives.has(id) && now >= (leftAloneUntil.get(id) ?? 0)) drives.set(id, drive(id));
    }
    if (drives.size > 0) idleSince = now;
    if (untilIdle && drives.size === 0 && now - idleSince > IDLE_MS && lapsed.length === 0) break;
    await clock.sleep(LOOK_MS, signal).catch(ignoreAborted);
  }
  await Promise.all([...drives.values(), house]);
}

/** One round is enough for a supervisor that ends when it is idle. */
async function keepHouse({ runner, clock, log, signal, untilIdle }: SuperviseOptions): Promise<void> {
  do {
    try {
      await runner.keepHouse(signal);
    } catch (thrown) {
      log.error({ code: toAppError(thrown).code }, 'pruning and sweeping failed');
    }
    if (untilIdle) return;
    await clock.sleep(HOUSE_MS, signal).catch(ignoreAborted);
  } while (!signal.aborted);
}

async function lapsedBatches(runner: Runner, log: Log): Promise<string[]> {
  try {
    return await runner.lapsed();
  } catch (thrown) {
    log.error({ code: toAppError(thrown).code }, 'the store could not be read');
    return [];
  }
}

function ignoreAborted(thrown: unknown): void {
  if (toAppError(thrown).code !== 'aborted') throw thrown;
}
