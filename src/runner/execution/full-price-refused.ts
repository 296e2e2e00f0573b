import { AppError } from '../../base/errors.ts';

/** The pause of a batch without fallback whose rows can only run at the full price. @param why why, without a full stop */
export function fullPriceRefused(
  batchId: string,
  { why, command = 'resume' }: { why: string; command?: 'resume' | 'retry' },
): AppError {
  return new AppError(
    'model_unavailable',
    `The remaining rows can't run through the batch API: ${why}. Fallback is off, so nothing runs at the full price. Fix the ` +
      `cause and ${command}, or allow the full price: "rowmill batches ${command} ${batchId} --fallback". The answers until now are kept.`,
  );
}
