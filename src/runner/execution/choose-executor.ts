import { AppError } from '../../base/errors.ts';
import type { RunnerDeps } from '../deps.ts';
import type { Executor, Fit, RunFacts } from './executor.ts';

/** The chosen executor of a batch, and the reason in words. */
export interface Choice {
  executor: Executor;
  reason: string;
  /** Options that do not fit the executor. */
  problems: NonNullable<Extract<Fit, { fits: true }>['problems']>;
  /** Why the requested executor is not available, if so. */
  missing?: string;
}

/** Chooses the first executor that fits. */
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
