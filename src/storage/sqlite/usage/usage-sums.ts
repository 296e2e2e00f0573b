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

/** The columns of a bucket that are sums. */
export const SUMMED = [
  ...['calls', 'unpriced_calls', 'input_tokens', 'output_tokens', 'cache_write_tokens', 'cache_read_tokens'],
  ...['cost_pico_usd', 'saved_pico_usd', 'rows_succeeded', 'rows_failed'],
];

/** SQL that adds a bucket to the one that is there. */
export const ADD_BUCKET = `ON CONFLICT (seconds, at, series) DO UPDATE SET
  ${SUMMED.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')}`;

/** Prepares the statements; the result starts a transaction's sums. */
export function prepareUsageSums(db: DatabaseSync): () => UsageSums {
  const beginKeys = prepareSeriesKeys(db);
  const add = prepare(
    db,
    `INSERT INTO usage_buckets VALUES (60, ?, ?, ${SUMMED.map(() => '?').join(', ')}) ${ADD_BUCKET}`,
  );
  const addTimes = prepare(db, `INSERT INTO call_times VALUES (60, ?, ?, ?) ${ADD_TIMES}`);

  return () => {
    /** A transaction adds to few of them: a search is cheaper than a name for each. */
    const sums: Sum[] = [];
    /** Calls by their minute plus their size, which is less than a minute has milliseconds. */
    const times = new Map<number, number>();
    const keys = beginKeys();
    const addTo = (sum: Sum): void => {
      const key = keys.of(sum);
      // A batch that is gone has no series.
      if (key === undefined) return;
      add.run(
        ...[sum.minute, key, sum.calls, sum.unpriced, sum.inputTokens, sum.outputTokens],
        ...[sum.cacheWriteTokens, sum.cacheReadTokens, sum.cost, sum.saved, sum.succeeded, sum.failed],
      );
    };
    const addTime = (at: number, tookMs: number): void => {
      const key = Math.floor(at / MINUTE_MS) * MINUTE_MS + sizeOfTime(tookMs);
      times.set(key, (times.get(key) ?? 0) + 1);
    };
    const sumOf = (batch: number, { model, way, at }: Pick<SummedCall, 'model' | 'way' | 'at'>): Sum => {
      const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
      for (const sum of sums) {
        if (sum.batch === batch && sum.minute === minute && sum.way === way && sum.model === model) return sum;
      }
      const made = emptySum({ batch, model, way, minute });
      sums.push(made);
      return made;
    };
    return {
      addCall(batch = NO_BATCH, call) {
        const sum = sumOf(batch, call);
        sum.calls += 1;
        sum.unpriced += call.cost === null ? 1 : 0;
        sum.cost += call.cost ?? 0;
        sum.saved += call.saved;
        if (call.tookMs !== undefined) addTime(call.at, call.tookMs);
        const { usage } = call;
        if (usage == null) return;
        sum.inputTokens += usage.inputTokens;
        sum.outputTokens += usage.outputTokens;
        sum.cacheWriteTokens += usage.cacheWriteTokens;
        sum.cacheReadTokens += usage.cacheReadTokens;
      },
      addRow(batch, outcome, at) {
        sumOf(batch, { model: '', way: 'row', at })[outcome] += 1;
      },
      flush() {
        for (const sum of sums) addTo(sum);
        for (const [key, calls] of times) addTimes.run(key - (key % MINUTE_MS), key % MINUTE_MS, calls);
        sums.length = 0;
        times.clear();
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
