import type { Clock } from '../../base/clock.ts';
import { toAppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Runner } from '../runner.ts';

/** How often lapsed batches are looked for, in milliseconds. */
const LOOK_MS = 250;
/** How long a batch is left alone after its drive failed. */
const BACK_OFF_MS = 5_000;
/** How long a supervisor must be idle before it ends: a batch may be about to be created. */
const IDLE_MS = 2_000;
/** How often due bodies are pruned and removed batches are swept. */
const HOUSE_MS = 600_000;

export interface SuperviseOptions {
  runner: Runner;
  clock: Clock;
  log: Log;
  /** Drains; batches stay `running`, and the next process may take them over. */
  signal: AbortSignal;
  hardSignal: AbortSignal;
  /** Other maintenance, beside that of the runner. */
  housework?: readonly ((signal: AbortSignal) => Promise<void>)[];
  /** Whether to end once no batch is left to drive. */
  untilIdle: boolean;
}

/**
 * Drives every active batch that no living process owns, each as soon as it is seen, and does maintenance at the start
 * and at intervals. Resolves when all drives have ended.
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

/** Does maintenance at intervals; a supervisor that ends when it is idle does one round only. */
async function keepHouse({ runner, clock, log, signal, untilIdle, housework = [] }: SuperviseOptions): Promise<void> {
  do {
    try {
      await runner.keepHouse(signal);
      for (const work of housework) await work(signal);
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
