import type { DatabaseSync } from 'node:sqlite';
import type { AttemptsBill, BatchBill } from '../../bill.ts';
import { prepare } from '../statement.ts';
import { prepareBatchKey } from './batch-key.ts';
import { microOf } from './money.ts';

interface BillRow {
  model: string;
  calls: number;
  unpriced_calls: number;
  input_tokens: number;
  output_tokens: number;
  cache_write_tokens: number;
  cache_read_tokens: number;
  input: number;
  output: number;
  cache_write: number;
  cache_read: number;
}

/** The bill of a batch in detail; reading it never scans rows. */
export function prepareReadBill(db: DatabaseSync): (batchId: string) => BatchBill {
  const keyOf = prepareBatchKey(db);
  const models = prepare<BillRow>(
    db,
    `SELECT model, calls, unpriced_calls, input_tokens, output_tokens, cache_write_tokens, cache_read_tokens,
       ${microOf('input_pico_usd')} AS input, ${microOf('output_pico_usd')} AS output,
       ${microOf('cache_write_pico_usd')} AS cache_write, ${microOf('cache_read_pico_usd')} AS cache_read
     FROM batch_bills WHERE batch = ? ORDER BY model`,
  );
  const attempts = prepare<{ outcome: 'succeeded' | 'failed'; attempts: number; cost: number; squares: number }>(
    db,
    `SELECT outcome, attempts, ${microOf('cost_pico_usd')} AS cost, cost_squares AS squares
     FROM batch_attempts WHERE batch = ?`,
  );
  return (batchId) => {
    const batch = keyOf(batchId);
    const sums: { [outcome in 'succeeded' | 'failed']: AttemptsBill } = { succeeded: NONE, failed: NONE };
    for (const { outcome, cost, ...sum } of attempts.all(batch)) sums[outcome] = { ...sum, costMicroUsd: cost };
    return { models: models.all(batch).map(toModelBill), ...sums };
  };
}

const NONE: AttemptsBill = { attempts: 0, costMicroUsd: 0, squares: 0 };

function toModelBill(row: BillRow): BatchBill['models'][number] {
  return {
    model: row.model,
    calls: row.calls,
    unpricedCalls: row.unpriced_calls,
    usage: {
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      cacheWriteTokens: row.cache_write_tokens,
      cacheReadTokens: row.cache_read_tokens,
    },
    microUsd: { input: row.input, output: row.output, cacheWrite: row.cache_write, cacheRead: row.cache_read },
  };
}
