import { AppError } from '../../base/errors.ts';
import type { RunnerDeps } from '../deps.ts';
import type { Executor, Fit, RunFacts } from './executor.ts';

/** How a batch's rows are run, and why, in words. */
export interface Choice {
  executor: Executor;
  reason: string;
  /** Options that do not fit it. */
  problems: NonNullable<Extract<Fit, { fits: true }>['problems']>;
  /** Why the executor that was asked for is not available, where that is so. */
  missing?: string;
}

/** Chooses how rows are run: by the first executor that fits. */
export async function chooseExecutor(facts: RunFacts, deps: RunnerDeps): Promise<Choice> {
  let refused: Extract<Fit, { fits: false }> | undefined;
  for (const executor of deps.executors) {
    const fit = await executor.choose(facts, deps);
    if (!fit.fits) {
      if (refused?.isMissing !== true) refused = fit;
      continue;
    }
    const { reason = refused?.reason ?? '', problems = [] } = fit;
    return { executor, reason, problems, ...(refused?.isMissing ? { missing: refused.reason } : {}) };
  }
  throw new AppError('internal', `No executor fits: ${refused?.reason ?? 'there is none'}.`);
}
