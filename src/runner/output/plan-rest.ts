import { toAppError } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { ProviderJobRecord } from '../../storage/provider-jobs.ts';
import { type Choice, type ChoiceDeps, chooseExecutor } from '../execution/choose-executor.ts';
import { runFactsOf } from '../execution/run-facts.ts';

/**
 * How the remaining rows of a batch would run, by the same calculation as its start and its execution; undefined where
 * it can't be known, for example because the provider is gone.
 */
export async function planRest(
  batch: BatchRecord,
  { rows, jobs }: { rows: number; jobs: readonly ProviderJobRecord[] },
  deps: ChoiceDeps,
): Promise<Choice | undefined> {
  try {
    return await chooseExecutor(runFactsOf(batch, { rows, isSample: false, jobs }), deps);
  } catch (thrown) {
    if (toAppError(thrown).code === 'internal') throw thrown;
    return undefined;
  }
}
