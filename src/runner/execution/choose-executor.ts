import { AppError } from '../../base/errors.ts';
import type { RunnerDeps } from '../deps.ts';
import type { ExecutionDeps } from './execution-deps.ts';
import type { Executor, Fit, RunFacts } from './executor.ts';
import type { RowShare } from './row-share.ts';

/** The chosen executor of a batch, and the reason in words. */
export interface Choice {
  executor: Executor;
  reason: string;
  /** Options that do not fit the executor. */
  problems: NonNullable<Extract<Fit, { fits: true }>['problems']>;
  /** How the rows are run; together they are all rows of the facts. */
  shares: RowShare[];
  /** Why the requested executor is not available, if so. */
  missing?: string;
}

/** The dependencies of the choice. */
export type ChoiceDeps = Pick<ExecutionDeps, 'batchApi' | 'provider'> & Pick<RunnerDeps, 'executors'>;

/** Chooses the first executor that fits. */
export async function chooseExecutor(facts: RunFacts, deps: ChoiceDeps): Promise<Choice> {
  let refused: Extract<Fit, { fits: false }> | undefined;
  for (const executor of deps.executors) {
    const fit = await executor.choose(facts, deps);
    if (!fit.fits) {
      if (refused?.isMissing !== true) refused = fit;
      continue;
    }
    const { reason = refused?.reason ?? '', problems = [] } = fit;
    const shares = fit.shares ?? [{ rows: facts.rows, executor: executor.name, why: reason }];
    return { executor, reason, problems, shares, ...(refused?.isMissing ? { missing: refused.reason } : {}) };
  }
  throw new AppError('internal', `No executor fits: ${refused?.reason ?? 'there is none'}.`);
}
