import type { DatabaseSync } from 'node:sqlite';
import type { UsageField, UsageQuery, UsageSum } from '../../usage.ts';
import { microOf } from '../batches/money.ts';
import { prepare, type Statement } from '../statement.ts';

/** SQL of each field: the provider is the first part of a model's name. */
const FIELDS: { [field in UsageField]: string } = {
  agent: 's.agent',
  provider: "substr(s.model, 1, max(0, instr(s.model, '/') - 1))",
  model: 's.model',
  way: 's.way',
  batch: 's.batch_id',
};

/** Numbers are bound as reals, whose division has a fraction. */
const SIZE = 'CAST(?3 AS INTEGER)';

interface SumRow {
  at: number | null;
  seconds: number;
  calls: number;
  unpriced: number;
  input: number;
  output: number;
  cache_write: number;
  cache_read: number;
  cost: number;
  saved: number;
  succeeded: number;
  failed: number;
  agent?: string;
  provider?: string;
  model?: string;
  way?: string;
  batch?: string;
}

/** Sums of the buckets that start in a period. */
export function prepareReadUsage(db: DatabaseSync): (query: UsageQuery) => UsageSum[] {
  const prepared = new Map<string, Statement<SumRow>>();
  return ({ from, to, seconds, by }) => {
    const sql = textOf(by, seconds !== null);
    const statement = prepared.get(sql) ?? prepare<SumRow>(db, sql);
    prepared.set(sql, statement);
    return statement.all(from, to, (seconds ?? 1) * 1000).map((row) => toSum(row, by));
  };
}

function textOf(by: readonly UsageField[], isByTime: boolean): string {
  const groups = [...(isByTime ? ['1'] : []), ...by.map((field) => FIELDS[field])].join(', ');
  const at = isByTime ? `u.at / ${SIZE} * ${SIZE}` : 'nullif(?3, ?3)';
  return `SELECT ${at} AS at, max(u.seconds) AS seconds, ${by.map((field) => `${FIELDS[field]} AS ${field},`).join(' ')}
    sum(u.calls) AS calls, sum(u.unpriced_calls) AS unpriced, sum(u.input_tokens) AS input,
    sum(u.output_tokens) AS output, sum(u.cache_write_tokens) AS cache_write, sum(u.cache_read_tokens) AS cache_read,
    ${microOf('sum(u.cost_pico_usd)')} AS cost, ${microOf('sum(u.saved_pico_usd)')} AS saved,
    sum(u.rows_succeeded) AS succeeded, sum(u.rows_failed) AS failed
    FROM usage_buckets u JOIN usage_series s ON s.key = u.series
    WHERE u.seconds IN (60, 3600, 86400) AND u.at >= ?1 AND u.at < ?2
    ${groups === '' ? 'HAVING count(*) > 0' : `GROUP BY ${groups} ORDER BY ${groups}`}`;
}

function toSum(row: SumRow, by: readonly UsageField[]): UsageSum {
  return {
    at: row.at,
    seconds: row.seconds,
    by: Object.fromEntries(by.map((field) => [field, row[field] ?? ''])),
    calls: row.calls,
    unpricedCalls: row.unpriced,
    usage: {
      inputTokens: row.input,
      outputTokens: row.output,
      cacheWriteTokens: row.cache_write,
      cacheReadTokens: row.cache_read,
    },
    costMicroUsd: row.cost,
    savedMicroUsd: row.saved,
    rowsSucceeded: row.succeeded,
    rowsFailed: row.failed,
  };
}
