import type { DatabaseSync } from 'node:sqlite';
import { sizeOfTime } from '../../../base/time-sizes.ts';
import type { Usage } from '../../../protocol/messages.ts';
import type { UsageWay } from '../../usage.ts';
import { prepare } from '../statement.ts';
import { ADD_TIMES } from './load.ts';
import { NO_BATCH, prepareSeriesKeys, type Series } from './series-keys.ts';

const MINUTE_MS = 60_000;

/** One call for the sums of its minute. Money in pico-dollars; `cost` is null when the price is unknown. */
interface SummedCall {
  model: string;
  way: UsageWay;
  at: number;
  usage?: Usage | null;
  cost: number | null;
  saved: number;
  /** How long it took; only of calls in real time. */
  tookMs?: number | undefined;
}

/** What a transaction adds to the sums over time; written once for each minute, batch, model and way. */
export interface UsageSums {
  /** @param batch the key of the batch; undefined outside of batches */
  addCall(batch: number | undefined, call: SummedCall): void;
  addRow(batch: number, outcome: 'succeeded' | 'failed', at: number): void;
  flush(): void;
  /** To be called after the commit. */
  committed(): void;
}

interface Sum extends Usage, Series {
  minute: number;
  calls: number;
  unpriced: number;
  cost: number;
  saved: number;
  succeeded: number;
  failed: number;
}

/** How many calls of a minute took how long: counts by the size of the time, with holes. */
interface Times {
  minute: number;
  calls: number[];
}

/** The columns of a bucket that are sums. */
export const SUMMED = [
  ...['calls', 'unpriced_calls', 'input_tokens', 'output_tokens', 'cache_write_tokens', 'cache_read_tokens'],
  ...['cost_pico_usd', 'saved_pico_usd', 'rows_succeeded', 'rows_failed'],
];

/** SQL that adds a bucket to the one that is there. */
export const ADD_BUCKET = `ON CONFLICT (seconds, at, series) DO UPDATE SET
  ${SUMMED.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')}`;

/** The sums of calls; those of rows have a series of their own. */
const OF_CALLS = SUMMED.slice(0, -2);
const OF_ROWS = SUMMED.slice(-2);

/** Prepares the statements; the result starts a transaction's sums. */
export function prepareUsageSums(db: DatabaseSync): () => UsageSums {
  const beginKeys = prepareSeriesKeys(db);
  const add = prepare(db, `INSERT INTO usage_buckets VALUES (60, ?, ?, ${SUMMED.map(() => '?').join(', ')})`);
  // The bucket is there nearly always: to change those of its sums that can change takes two thirds of an upsert's time.
  const addTo = (columns: readonly string[]) =>
    prepare(
      db,
      `UPDATE usage_buckets SET ${columns.map((column) => `${column} = ${column} + ?`).join(', ')}
       WHERE seconds = 60 AND at = ? AND series = ?`,
    );
  const [addCalls, addRows] = [addTo(OF_CALLS), addTo(OF_ROWS)];
  const addTimes = prepare(db, `INSERT INTO call_times VALUES (60, ?, ?, ?) ${ADD_TIMES}`);

  return () => {
    /** A transaction adds to few of them: a search is cheaper than a name for each. */
    const sums: Sum[] = [];
    /** The sum that was added to last: most calls go to the same one. */
    let last: Sum | undefined;
    const times: Times[] = [];
    const keys = beginKeys();
    const write = (sum: Sum): void => {
      const { minute, way, calls, unpriced, inputTokens, outputTokens, cost, saved, succeeded, failed } = sum;
      const { cacheWriteTokens: written, cacheReadTokens: read } = sum;
      const key = keys.of(sum);
      // A batch that is gone has no series.
      if (key === undefined) return;
      const changed =
        way === 'row'
          ? addRows.run(succeeded, failed, minute, key)
          : addCalls.run(calls, unpriced, inputTokens, outputTokens, written, read, cost, saved, minute, key);
      if (changed > 0) return;
      const ofCalls = [calls, unpriced, inputTokens, outputTokens, written, read, cost, saved];
      add.run(minute, key, ...ofCalls, succeeded, failed);
    };
    const addTime = (minute: number, tookMs: number): void => {
      let found = times.find((one) => one.minute === minute);
      if (found === undefined) {
        found = { minute, calls: [] };
        times.push(found);
      }
      const size = sizeOfTime(tookMs);
      found.calls[size] = (found.calls[size] ?? 0) + 1;
    };
    const isOf = (sum: Sum, batch: number, model: string, way: UsageWay, minute: number): boolean =>
      sum.minute === minute && sum.batch === batch && sum.way === way && sum.model === model;
    const sumOf = (batch: number, model: string, way: UsageWay, at: number): Sum => {
      const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
      if (last !== undefined && isOf(last, batch, model, way, minute)) return last;
      last = sums.find((sum) => isOf(sum, batch, model, way, minute));
      if (last === undefined) {
        last = emptySum({ batch, model, way, minute });
        sums.push(last);
      }
      return last;
    };
    return {
      addCall(batch = NO_BATCH, { model, way, at, cost, saved, tookMs, usage }) {
        const sum = sumOf(batch, model, way, at);
        sum.calls += 1;
        sum.unpriced += cost === null ? 1 : 0;
        sum.cost += cost ?? 0;
        sum.saved += saved;
        if (tookMs !== undefined) addTime(sum.minute, tookMs);
        if (usage == null) return;
        sum.inputTokens += usage.inputTokens;
        sum.outputTokens += usage.outputTokens;
        sum.cacheWriteTokens += usage.cacheWriteTokens;
        sum.cacheReadTokens += usage.cacheReadTokens;
      },
      addRow(batch, outcome, at) {
        sumOf(batch, '', 'row', at)[outcome] += 1;
      },
      flush() {
        for (const sum of sums) write(sum);
        for (const { minute, calls } of times) calls.forEach((count, size) => void addTimes.run(minute, size, count));
        sums.length = 0;
        times.length = 0;
        last = undefined;
      },
      committed: () => keys.committed(),
    };
  };
}

/** Written out: spreading other objects takes several times as long. */
function emptySum({ batch, model, way, minute }: Series & { minute: number }): Sum {
  return {
    batch,
    model,
    way,
    minute,
    calls: 0,
    unpriced: 0,
    inputTokens: 0,
    outputTokens: 0,
    cacheWriteTokens: 0,
    cacheReadTokens: 0,
    cost: 0,
    saved: 0,
    succeeded: 0,
    failed: 0,
  };
}
