import { AppError, type ErrorCode } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import { settingsOf } from '../lifecycle/settings.ts';
import { planOf } from '../output/results.ts';
import { policyOf } from '../rows/retry-policy.ts';
import type { RowEnding } from '../rows/row-settlement.ts';
import type { ProcessEnd } from './process-end.ts';

/** The batch is paused when this many first rows are paid for and all fail with the same code. */
const ALIKE_ROWS = 20;

/** Watches how rows end, and decides when that ends the batch. */
export interface BatchWatch {
  see(ending: RowEnding): void;
  /** Sets the number of rows, once it is known, for a source whose rows arrive while others run. */
  countRows(rows: number): void;
  stop(end: ProcessEnd): void;
  end(): ProcessEnd | undefined;
}

/**
 * Makes the watch of a batch. While the number of rows is unknown, no share of failures is too large.
 *
 * Free failures, and codes for which a person has resumed or retried the batch, never pause it.
 * @param hasMore whether rows remain to be sent: without them, a pause saves nothing
 */
export function createBatchWatch({ batch }: { batch: BatchRecord }, hasMore: () => boolean = () => true): BatchWatch {
  const agreed = settingsOf(batch).alike_agreed ?? [];
  const tolerated = planOf(batch).request.options?.tolerated_failure_percent ?? 100;
  let rows = expectedRows(batch);
  let failed = batch.totals.failed;
  let first: ErrorCode[] | undefined = batch.totals.succeeded === 0 ? [] : undefined;
  let end: ProcessEnd | undefined;
  const stop = (next: ProcessEnd) => {
    end ??= next;
  };
  const checkTolerance = () => {
    const mayFail = tolerated === 0 ? 0 : Math.floor((rows * tolerated) / 100);
    if (failed > mayFail) stop({ kind: 'tolerance', error: notTolerated(failed, tolerated, rows) });
  };
  // Malformed rows have failed already: if they are too many, no money is spent on the others.
  checkTolerance();
  const see = (ending: RowEnding) => {
    if (ending.kind === 'succeeded') first = undefined;
    if (ending.kind === 'returned') {
      const policy = policyOf(ending.error);
      if (policy === 'pause') stop({ kind: 'pause', reason: 'fatal', error: ending.error, ...lostTo(ending.error) });
      if (policy === 'budget') stop({ kind: 'pause', reason: 'budget', error: ending.error });
      if (policy === 'stop') stop({ kind: 'fault', error: ending.error });
      if (policy === 'return') stop({ kind: 'stopped' });
    }
    if (ending.kind !== 'failed') return;
    failed += 1;
    if (ending.isCharged && !agreed.includes(ending.code)) first?.push(ending.code);
    if (first?.length === ALIKE_ROWS) {
      if (new Set(first).size === 1 && hasMore())
        stop({ kind: 'pause', reason: 'fatal', error: allAlike(ending, batch.id), alike: ending.code });
      first = undefined;
    }
    checkTolerance();
  };
  const countRows = (known: number) => {
    rows = known;
    checkTolerance();
  };
  return { see, countRows, stop, end: () => end };
}

/** Infinity while the number of rows is unknown: the share of failures is then checked once all rows have arrived. */
function expectedRows({ intake, totals }: BatchRecord): number {
  if (intake === null || intake.isOver) return totals.rows;
  return intake.total ?? Number.POSITIVE_INFINITY;
}

/** Rows that failed with the fault for which a lane was then given up are queued again: it was not their fault. */
function lostTo({ code, cause }: AppError): { again?: ErrorCode } {
  return code === 'model_unavailable' && cause instanceof AppError ? { again: cause.code } : {};
}

function allAlike({ code, example }: Extract<RowEnding, { kind: 'failed' }>, batchId: string): AppError {
  return new AppError(
    code,
    `The first ${ALIKE_ROWS} rows that were paid for all failed with ${code}, e.g. ${example.replace(/\.?$/, '.')} The batch is ` +
      'paused so that no more money is spent on the same fault. If the agent, the mapping or the table is wrong, cancel ' +
      `this batch and start a new one. "rowmill batches resume ${batchId}" runs the remaining rows and does not pause for ` +
      `${code} again; the failed rows are run and paid again only by "rowmill batches retry ${batchId}", after the end.`,
  );
}

function notTolerated(failed: number, percent: number, rows: number): AppError {
  return new AppError(
    'failures_not_tolerated',
    `${failed}${Number.isFinite(rows) ? ` of ${rows}` : ''} rows failed, more than the tolerated ${percent} %.`,
  );
}
