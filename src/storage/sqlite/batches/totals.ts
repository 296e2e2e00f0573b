import type { DatabaseSync } from 'node:sqlite';
import type { BatchTotals } from '../../batch-totals.ts';
import { prepare } from '../statement.ts';
import { microOf } from './money.ts';

/** Additions of a transaction to a batch's totals. Money in pico-dollars. */
export interface TotalsDelta {
  rows: number;
  queued: number;
  running: number;
  succeeded: number;
  failed: number;
  modelCalls: number;
  toolCalls: number;
  inputTokens: number;
  outputTokens: number;
  cacheWriteTokens: number;
  cacheReadTokens: number;
  costPicoUsd: number;
  unpricedCalls: number;
  cachedCalls: number;
  savedPicoUsd: number;
  unpricedCachedCalls: number;
  batchCalls: number;
  discountPicoUsd: number;
  openCalls: number;
  openWorstPicoUsd: number;
}

/** A delta that adds nothing. */
export function zeroDelta(): TotalsDelta {
  return {
    rows: 0,
    queued: 0,
    running: 0,
    succeeded: 0,
    failed: 0,
    modelCalls: 0,
    toolCalls: 0,
    inputTokens: 0,
    outputTokens: 0,
    cacheWriteTokens: 0,
    cacheReadTokens: 0,
    costPicoUsd: 0,
    unpricedCalls: 0,
    cachedCalls: 0,
    savedPicoUsd: 0,
    unpricedCachedCalls: 0,
    batchCalls: 0,
    discountPicoUsd: 0,
    openCalls: 0,
    openWorstPicoUsd: 0,
  };
}

/** Adds a delta to a batch's totals, by the batch's key. */
export function prepareAddTotals(db: DatabaseSync): (batch: number, delta: TotalsDelta) => void {
  const update = prepare(
    db,
    `UPDATE batch_totals SET
       rows = rows + ?, queued = queued + ?, running = running + ?, succeeded = succeeded + ?, failed = failed + ?,
       model_calls = model_calls + ?, tool_calls = tool_calls + ?,
       input_tokens = input_tokens + ?, output_tokens = output_tokens + ?,
       cache_write_tokens = cache_write_tokens + ?, cache_read_tokens = cache_read_tokens + ?,
       cost_pico_usd = cost_pico_usd + ?, unpriced_calls = unpriced_calls + ?,
       cached_calls = cached_calls + ?, saved_pico_usd = saved_pico_usd + ?,
       unpriced_cached_calls = unpriced_cached_calls + ?,
       batch_calls = batch_calls + ?, discount_pico_usd = discount_pico_usd + ?,
       open_calls = open_calls + ?, open_worst_pico_usd = open_worst_pico_usd + ?
     WHERE batch = ?`,
  );
  return (batch, d) => {
    update.run(
      ...[d.rows, d.queued, d.running, d.succeeded, d.failed, d.modelCalls, d.toolCalls],
      ...[d.inputTokens, d.outputTokens, d.cacheWriteTokens, d.cacheReadTokens],
      ...[d.costPicoUsd, d.unpricedCalls, d.cachedCalls, d.savedPicoUsd, d.unpricedCachedCalls],
      ...[d.batchCalls, d.discountPicoUsd, d.openCalls, d.openWorstPicoUsd, batch],
    );
  };
}

/** The columns of `batch_totals t` that {@link toTotals} reads. */
export const TOTALS_COLUMNS = `t.rows, t.queued, t.running, t.succeeded, t.failed, t.model_calls, t.tool_calls,
  t.input_tokens, t.output_tokens, t.cache_write_tokens, t.cache_read_tokens,
  ${microOf('t.cost_pico_usd')} AS cost_micro_usd, t.unpriced_calls,
  t.cached_calls, ${microOf('t.saved_pico_usd')} AS saved_micro_usd, t.unpriced_cached_calls,
  t.batch_calls, ${microOf('t.discount_pico_usd')} AS discount_micro_usd,
  t.open_calls, ${microOf('t.open_worst_pico_usd')} AS open_worst_micro_usd`;

/** A database row with {@link TOTALS_COLUMNS}. */
export interface TotalsRow {
  rows: number;
  queued: number;
  running: number;
  succeeded: number;
  failed: number;
  model_calls: number;
  tool_calls: number;
  input_tokens: number;
  output_tokens: number;
  cache_write_tokens: number;
  cache_read_tokens: number;
  cost_micro_usd: number;
  unpriced_calls: number;
  cached_calls: number;
  saved_micro_usd: number;
  unpriced_cached_calls: number;
  batch_calls: number;
  discount_micro_usd: number;
  open_calls: number;
  open_worst_micro_usd: number;
}

/** The totals of a row that was read with {@link TOTALS_COLUMNS}. */
export function toTotals(row: TotalsRow): BatchTotals {
  return {
    rows: row.rows,
    queued: row.queued,
    running: row.running,
    succeeded: row.succeeded,
    failed: row.failed,
    modelCalls: row.model_calls,
    toolCalls: row.tool_calls,
    usage: {
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      cacheWriteTokens: row.cache_write_tokens,
      cacheReadTokens: row.cache_read_tokens,
    },
    costMicroUsd: row.cost_micro_usd,
    unpricedCalls: row.unpriced_calls,
    cachedCalls: row.cached_calls,
    savedMicroUsd: row.saved_micro_usd,
    unpricedCachedCalls: row.unpriced_cached_calls,
    batchCalls: row.batch_calls,
    discountMicroUsd: row.discount_micro_usd,
    openCalls: row.open_calls,
    openWorstMicroUsd: row.open_worst_micro_usd,
  };
}

/** The number of queued rows, without the plan of the batch, which takes ten times as long to read. */
export function prepareCountQueued(db: DatabaseSync): (id: string) => number {
  const select = prepare<{ queued: number }>(
    db,
    'SELECT t.queued FROM batches b JOIN batch_totals t ON t.batch = b.key WHERE b.id = ?',
  );
  return (id) => select.get(id)?.queued ?? 0;
}
