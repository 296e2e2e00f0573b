import type * as z from 'zod';
import type { AgentDefinition } from '../agent/definition.ts';
import type { JsonSchema } from '../protocol/messages.ts';
import type { BatchFilter } from '../storage/batches.ts';
import type { RowStatus } from '../storage/rows.ts';
import type { WrittenStyle } from '../tables/row-writer.ts';
import type { Caller } from './contract/caller.ts';
import type { Estimate } from './contract/report/estimate.ts';
import type { BatchFlow } from './contract/report/flow.ts';
import type { BatchPlan } from './contract/report/plan.ts';
import type { BatchReport, Savings } from './contract/report/report.ts';
import type { RowReport } from './contract/report/row.ts';
import type { BatchStatistics } from './contract/report/statistics.ts';
import type { RowTrace } from './contract/report/trace.ts';
import type { Appended, AppendRequest, CollectRequest, SealRequest } from './contract/request/collect.ts';
import type { ExportQuery } from './contract/request/export.ts';
import type { InlineAgent } from './contract/request/inline-agent.ts';
import type { BatchOptions, BatchTuning } from './contract/request/options.ts';
import type { RenderedRow, renderRequest } from './contract/request/preview.ts';
import type { BatchRequest, ResumeRequest, RetryRequest } from './contract/request/request.ts';
import type {
  RowMap,
  RowMapQuery,
  RowPage,
  RowPageQuery,
  RowSearch,
  RowSearchQuery,
} from './contract/request/row-query.ts';
import type { DefinedAgent } from './intake/agent/define-inline.ts';
import type { JobTarget, StandingBatch } from './intake/standing/standing-batch.ts';
import type { RowExport } from './output/rows/export-rows.ts';

/** The rows of an export; `not_run` are those that wait, or waited when their batch ended. */
export type ExportStatus = 'succeeded' | 'failed' | 'not_run';

/**
 * The batch runner's public interface: the five tools, the CLI and HTTP use this and nothing below it.
 * All methods reject with AppErrors (`batch_not_found`, `batch_state_invalid`, …).
 */
export interface Runner {
  /** The same runner for another caller: every call of the returned runner has that caller's permissions. */
  as(caller: Caller): Runner;
  /** ValidateInput and the estimate; starts nothing and spends nothing. */
  plan(request: BatchRequest): Promise<BatchPlan>;
  /** What one row of a table sends to the model, made as its run makes it; calls no model. */
  render(request: z.input<typeof renderRequest>): Promise<RenderedRow>;
  /**
   * Validates and stores a batch as `created`; a process that drives batches claims it. With a known idempotency key
   * the earlier batch is returned (`started: false`).
   * @param approve receives the plan of a request that can run and the id of the batch, before anything is stored; an
   *   error that it throws ends the start. Not called for a known idempotency key, which starts nothing
   * @throws AppError the first problem's code, with all problems in the message, when the request can't run
   */
  create(
    request: BatchRequest,
    approve?: (plan: BatchPlan, batchId: string) => Promise<void>,
  ): Promise<{ report: BatchReport; started: boolean; plan: BatchPlan }>;
  /**
   * Stores a batch without a source: it is `collecting` until {@link run}. Everything but its rows is validated now.
   * @throws AppError the first problem's code, with all problems in the message
   */
  collect(request: CollectRequest): Promise<{ report: BatchReport; started: boolean }>;
  /** Appends rows to a batch that collects them; once only with an idempotency key. */
  append(batchId: string, request: AppendRequest): Promise<Appended>;
  /** ValidateInput and the estimate over the rows that a batch has collected; starts nothing. */
  planRun(batchId: string, request?: SealRequest): Promise<BatchPlan>;
  /**
   * collecting → created: its rows are complete, and the definition of the agent is fixed. `approve` as in
   * {@link create}.
   */
  run(
    batchId: string,
    request?: SealRequest,
    approve?: (plan: BatchPlan, batchId: string) => Promise<void>,
  ): Promise<{ report: BatchReport; plan: BatchPlan }>;
  /** Prepares the batch in which the jobs of an agent collect; stores nothing. */
  openStanding(target: JobTarget, options: BatchOptions): Promise<StandingBatch>;
  /** Takes the lease and runs the batch until it ends or pauses. `signal` drains; `hardSignal` stops immediately. */
  drive(
    batchId: string,
    options?: {
      signal?: AbortSignal;
      hardSignal?: AbortSignal;
      /** The state after a drain: a paused batch (the default), or a running one that another process may take over. */
      onDrain?: 'pause' | 'release';
    },
  ): Promise<BatchReport>;
  /**
   * paused → running; a process that drives batches claims it. After a `sample` pause the remaining rows run. A budget
   * pause needs a higher cap.
   */
  resume(batchId: string, change?: ResumeRequest): Promise<BatchReport>;
  /**
   * Asks the owner to pause: no new rows start after two seconds, running rows finish. A batch without an owner is
   * paused immediately.
   */
  pause(batchId: string): Promise<BatchReport>;
  /** Changes the tuning of a batch that has not ended; its owner applies it within two seconds. */
  set(batchId: string, tuning: BatchTuning): Promise<BatchReport>;
  /** Checks a retry and estimates it; changes nothing. */
  planRetry(batchId: string, request: RetryRequest): Promise<{ rows: number; estimate: Estimate | null }>;
  /**
   * Redrive: queues failed rows of an ended batch again with new attempts, in the same batch, together with rows that
   * were not run. The batch is then `running`, and a process that drives batches claims it. Earlier attempts stay in
   * the trace and the bill. With `row`, only that row; in a batch that is running or paused it is queued again within
   * two seconds, and the batch goes on.
   */
  retry(batchId: string, request: RetryRequest): Promise<BatchReport>;
  /**
   * Asks the owner to stop. A batch without an owner goes to `aggregating` (or, not yet loaded, to `cancelled`), and
   * the next process that drives it writes its table.
   */
  cancel(batchId: string): Promise<BatchReport>;
  /**
   * Asks the owner of a running or paused batch to cancel one row that has not ended: within two seconds its calls are
   * aborted, and it fails with `row_cancelled`. A row that waits in a provider job fails when its answer is there.
   */
  cancelRow(batchId: string, row: number): Promise<BatchReport>;
  report(batchId: string): Promise<BatchReport>;
  /**
   * A request that runs the agent of a batch over another table and keeps the answers of that batch: its target in the
   * version of then, its mappings and its way of reading.
   */
  continuationOf(
    batchId: string,
  ): Promise<Pick<BatchRequest, 'reading' | 'target' | 'input_mapping' | 'output_mapping' | 'continues'>>;
  /**
   * The reports of a batch, in whichever process it runs: the current one, then one after each change, until it has
   * ended or is paused and no process drives it, or `signal` fires. For a batch of this process there is one
   * every `leastMs` at most (250 by default), and one immediately after a change of status; for a batch of another
   * process at most one a second. A slow consumer gets the latest report only.
   */
  watch(batchId: string, signal: AbortSignal, leastMs?: () => number): AsyncIterable<BatchReport>;
  /**
   * The id of the batch that a person names: an id, the start of one (with or without `bat_`), or `latest`.
   * @throws AppError `batch_not_found`; `invalid_arguments` where several ids start so, with these ids
   */
  idOf(name: string): Promise<string>;
  /** The batch that was started with an idempotency key. */
  find(idempotencyKey: string): Promise<BatchReport | undefined>;
  list(options: BatchFilter & { limit: number; before?: string; order?: 'newest' | 'oldest' }): Promise<BatchReport[]>;
  /** The way of a batch through its states. */
  flow(batchId: string): Promise<BatchFlow>;
  /** What the batch has done so far, in figures; reads all its rows. */
  statistics(batchId: string): Promise<BatchStatistics>;
  /** Dollars that all stored batches have saved, where prices are known. */
  savings(): Promise<Savings>;
  /** Rows from `cursor` (a row number) on; `nextCursor` is null at the end. */
  rows(
    batchId: string,
    options: { status?: RowStatus | 'not_run'; cursor?: number; limit: number },
  ): Promise<{ rows: RowReport[]; nextCursor: number | null }>;
  /** A page of rows at any place of a filter and an order, with exact counts; at most 20 ms at a million rows. */
  browse(batchId: string, query: RowPageQuery): Promise<RowPage>;
  /** All rows in equal ranges with their counts by status; at most 50 ms at a million rows. */
  rowMap(batchId: string, query: RowMapQuery): Promise<RowMap>;
  /**
   * Searches cells and answers for a text: reports how far it has come, with the rows that were found, at most as many as
   * the query asks for. The count grows until the last report. Stop reading, or fire `signal`, to end the search.
   */
  search(batchId: string, query: RowSearchQuery, signal: AbortSignal): AsyncIterable<RowSearch>;
  trace(batchId: string, row: number): Promise<RowTrace>;
  /**
   * Writes the current table to `uri`. Without `overwrite`, it replaces no file except the batch's own output.
   * `status`: only the rows with that status, and only their source columns, so that they can be corrected and run
   * again.
   */
  exportTable(
    batchId: string,
    uri: string,
    options?: WrittenStyle & { overwrite?: boolean; status?: ExportStatus },
  ): Promise<{ uri: string; bytes: number }>;
  /** The table of {@link exportTable} as CSV text in chunks, header first, in constant memory. */
  csv(batchId: string, options?: WrittenStyle & { status?: ExportStatus }): AsyncIterable<string>;
  /**
   * The columns that an export can choose: those of the batch's output table, in order.
   * @throws AppError `batch_not_found`; `batch_state_invalid` before the table is loaded
   */
  exportColumns(batchId: string): Promise<string[]>;
  /** The rows of a batch in a format, with chosen columns, streamed in constant memory. */
  export(batchId: string, query: ExportQuery): Promise<RowExport>;
  /** Batches that should be driven and that no living process owns. */
  lapsed(): Promise<string[]>;
  /**
   * Removes a batch that has ended (with `force` a paused one too): rows, journal and accounting. Its table stays.
   * @throws AppError `batch_state_invalid`, `batch_owned_elsewhere`
   */
  remove(batchId: string, options?: { force?: boolean }): Promise<void>;
  /** Prunes due bodies and sweeps the remains of removed batches; stops between two portions when `signal` fires. */
  keepHouse(signal?: AbortSignal): Promise<void>;
  /**
   * The definition of an agent that a request defines, with warnings about choices that it leaves open.
   * @param columns a text in braces that is one of these columns is a placeholder, whatever it looks like
   * @throws AppError `invalid_arguments` or `config_invalid`, with every fault and its fix
   */
  define(agent: InlineAgent, columns?: readonly string[]): Promise<DefinedAgent>;
  /** The input and output schemas of an agent, to be shown. */
  schemasOf(agent: AgentDefinition): { input: JsonSchema | null; output: JsonSchema | null };
}
