import type { BatchRecord } from '../../storage/batches.ts';
import type { ProviderJobRecord } from '../../storage/provider-jobs.ts';
import { settingsOf } from '../lifecycle/settings.ts';
import { planOf } from '../output/results.ts';
import type { RunFacts } from './executor.ts';

/** The facts about the rows of a stored batch. @param rows the number of queued rows to run; null when unknown */
export function runFactsOf(
  batch: BatchRecord,
  { rows, isSample, jobs = [] }: { rows: number | null; isSample: boolean; jobs?: readonly ProviderJobRecord[] },
): RunFacts {
  const { totals, intake } = batch;
  const open = jobs.filter(({ state }) => state === 'creating' || state === 'open');
  return {
    plan: planOf(batch),
    rows,
    allRows: totals.rows,
    isLive: intake !== null && !intake.isOver,
    isSample,
    hasAnswers: totals.modelCalls + totals.cachedCalls > 0,
    inJobs: open.reduce(
      (sum, { requests, tally }) => sum + requests - tally.answered - tally.refused - tally.missing,
      0,
    ),
    settings: settingsOf(batch),
  };
}
