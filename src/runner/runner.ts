import type { AgentDefinition } from '../agent/definition.ts';
import type { JsonSchema } from '../protocol/messages.ts';
import type { RowStatus } from '../storage/rows.ts';
import type { Caller } from './contract/caller.ts';
import type { Estimate } from './contract/estimate.ts';
import type { BatchTuning } from './contract/options.ts';
import type { BatchPlan } from './contract/plan.ts';
import type { BatchReport, Savings } from './contract/report.ts';
import type { BatchRequest, ResumeRequest, RetryRequest } from './contract/request.ts';
import type { RowReport } from './contract/row.ts';
import type { RowTrace } from './contract/trace.ts';

/**
 * The batch runner's public face: the five tools, the CLI and HTTP use this and nothing below it.
 * All methods reject with AppErrors (`batch_not_found`, `batch_state_invalid`, …).
 */
export interface Runner {
  /** The same runner for another caller: everything that is asked of it is asked by that one. */
  as(caller: Caller): Runner;
  /** ValidateInput and the estimate; starts nothing and spends nothing. */
  plan(request: BatchRequest): Promise<BatchPlan>;
  /**
   * Validates and stores a batch as `created`; whoever drives batches picks it up. With a known idempotency key the
   * earlier batch is returned (`started: false`).
   * @param approve sees the plan of a request that can run, before anything is stored; what it throws ends the start
   * @throws AppError the first problem's code, with all problems in the message, when the request can't run
   */
  create(
    request: BatchRequest,
    approve?: (plan: BatchPlan) => void,
  ): Promise<{ report: BatchReport; started: boolean; plan: BatchPlan }>;
  /** Takes the lease and works until the batch ends or pauses. `signal` drains; `hardSignal` stops at once. */
  drive(
    batchId: string,
    options?: {
      signal?: AbortSignal;
      hardSignal?: AbortSignal;
      /** What a drain leaves: a paused batch (the default), or a running one that another process may take over. */
      onDrain?: 'pause' | 'release';
    },
  ): Promise<BatchReport>;
  /** paused → running again, for whoever drives; from `sample` the rest is run. A budget pause wants a higher cap. */
  resume(batchId: string, change?: ResumeRequest): Promise<BatchReport>;
  /** Asks the owner to pause: no new rows within two seconds, rows at work finish. Without an owner it is paused at once. */
  pause(batchId: string): Promise<BatchReport>;
  /** Changes a batch that has not ended; its owner takes it up within two seconds. */
  set(batchId: string, tuning: BatchTuning): Promise<BatchReport>;
  /** Checks a retry and estimates it; changes nothing. */
  planRetry(batchId: string, request: RetryRequest): Promise<{ rows: number; estimate: Estimate | null }>;
  /**
   * Redrive: failed rows of a batch that has ended are queued again with new attempts, in the same batch, and rows that
   * were not run with them; it is running from here on, for whoever drives. Earlier attempts stay in the trace and the bill.
   */
  retry(batchId: string, request: RetryRequest): Promise<BatchReport>;
  /**
   * Asks the owner to stop. Without one the batch goes to `aggregating` (or, not yet loaded, to `cancelled`), and whoever
   * drives it next writes its table.
   */
  cancel(batchId: string): Promise<BatchReport>;
  report(batchId: string): Promise<BatchReport>;
  /**
   * The reports of a batch wherever it runs: the present one, then one after each change, until it has ended or is paused
   * and no process drives it, or `signal` fires. In this process at most four a second, and immediately after a change of
   * status; of a batch that another process runs at most one a second. A slow consumer gets the latest report only.
   */
  watch(batchId: string, signal: AbortSignal): AsyncIterable<BatchReport>;
  /** The batch that was started with an idempotency key. */
  find(idempotencyKey: string): Promise<BatchReport | undefined>;
  list(options: { limit: number; before?: string }): Promise<BatchReport[]>;
  /** What all batches that are stored have saved, in dollars, where prices are known. */
  savings(): Promise<Savings>;
  /** Rows from `cursor` (a row number) on; `nextCursor` is null at the end. */
  rows(
    batchId: string,
    options: { status?: RowStatus | 'not_run'; cursor?: number; limit: number },
  ): Promise<{ rows: RowReport[]; nextCursor: number | null }>;
  trace(batchId: string, row: number): Promise<RowTrace>;
  /** Writes the table as it stands now to `uri`; without `overwrite`, in place of nothing but its own output. */
  exportTable(
    batchId: string,
    uri: string,
    options?: { spreadsheetSafe?: boolean; overwrite?: boolean },
  ): Promise<{ uri: string; bytes: number }>;
  /** The output table as CSV text in chunks, header first, in constant memory. */
  csv(batchId: string): AsyncIterable<string>;
  /** Batches that should be driven and that no living process owns. */
  lapsed(): Promise<string[]>;
  /**
   * Removes a batch that has ended (with `force` a paused one too): rows, journal and accounting. Its table stays.
   * @throws AppError `batch_state_invalid`, `batch_owned_elsewhere`
   */
  remove(batchId: string, options?: { force?: boolean }): Promise<void>;
  /** Prunes what is due and sweeps what removed batches left; stops between two portions when `signal` fires. */
  keepHouse(signal?: AbortSignal): Promise<void>;
  /** Agent input and output schemas, for those who show them. */
  schemasOf(agent: AgentDefinition): { input: JsonSchema | null; output: JsonSchema | null };
}
