import type { DatabaseSync } from 'node:sqlite';
import type { TokenCosts, Usage } from '../../../protocol/messages.ts';
import { addUsage, NO_USAGE } from '../../../protocol/messages.ts';
import { prepare } from '../statement.ts';
import { toPico } from './money.ts';

/** Additions of a transaction to the bill of one model of one batch. Money in pico-dollars. */
interface ModelBillDelta {
  calls: number;
  unpricedCalls: number;
  usage: Usage;
  picoUsd: TokenCosts;
}

/** Additions of a transaction to the attempts of one outcome. */
interface AttemptsDelta {
  attempts: number;
  costPicoUsd: number;
  squares: number;
}

/** The bills that a transaction collects; written once per batch and model, and per batch and outcome. */
export interface BillSums {
  /** `costs` in micro-dollars; null when the price is unknown. */
  addCall(batch: number, call: { model: string; usage: Usage; costs: TokenCosts | null }): void;
  addAttempt(batch: number, outcome: 'succeeded' | 'failed', costMicroUsd: number): void;
  flush(): void;
}

const NO_PICO: TokenCosts = { input: 0, output: 0, cacheWrite: 0, cacheRead: 0 };

/** Prepares the statements; the result starts a transaction's sums. */
export function prepareBillSums(db: DatabaseSync): () => BillSums {
  const addBill = prepare(
    db,
    `INSERT INTO batch_bills VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (batch, model) DO UPDATE SET
       calls = calls + excluded.calls, unpriced_calls = unpriced_calls + excluded.unpriced_calls,
       input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
       cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
       cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
       input_pico_usd = input_pico_usd + excluded.input_pico_usd,
       output_pico_usd = output_pico_usd + excluded.output_pico_usd,
       cache_write_pico_usd = cache_write_pico_usd + excluded.cache_write_pico_usd,
       cache_read_pico_usd = cache_read_pico_usd + excluded.cache_read_pico_usd`,
  );
  const addAttempts = prepare(
    db,
    `INSERT INTO batch_attempts VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (batch, outcome) DO UPDATE SET attempts = attempts + excluded.attempts,
       cost_pico_usd = cost_pico_usd + excluded.cost_pico_usd, cost_squares = cost_squares + excluded.cost_squares`,
  );

  return () => {
    const bills = new Map<number, Map<string, ModelBillDelta>>();
    const attempts = new Map<number, Map<string, AttemptsDelta>>();
    return {
      addCall(batch, { model, usage, costs }) {
        const models = entryOf(bills, batch, () => new Map<string, ModelBillDelta>());
        const bill = entryOf(models, model, () => ({
          calls: 0,
          unpricedCalls: 0,
          usage: NO_USAGE,
          picoUsd: { ...NO_PICO },
        }));
        bill.calls += 1;
        bill.usage = addUsage(bill.usage, usage);
        if (costs === null) bill.unpricedCalls += 1;
        else for (const kind of KINDS) bill.picoUsd[kind] += toPico(costs[kind]);
      },
      addAttempt(batch, outcome, costMicroUsd) {
        const outcomes = entryOf(attempts, batch, () => new Map<string, AttemptsDelta>());
        const sum = entryOf(outcomes, outcome, () => ({ attempts: 0, costPicoUsd: 0, squares: 0 }));
        sum.attempts += 1;
        sum.costPicoUsd += toPico(costMicroUsd);
        sum.squares += costMicroUsd ** 2;
      },
      flush() {
        for (const [batch, models] of bills) {
          for (const [model, { calls, unpricedCalls, usage, picoUsd }] of models) {
            addBill.run(
              ...[batch, model, calls, unpricedCalls],
              ...[usage.inputTokens, usage.outputTokens, usage.cacheWriteTokens, usage.cacheReadTokens],
              ...[picoUsd.input, picoUsd.output, picoUsd.cacheWrite, picoUsd.cacheRead],
            );
          }
        }
        for (const [batch, outcomes] of attempts) {
          for (const [outcome, sum] of outcomes) {
            addAttempts.run(batch, outcome, sum.attempts, sum.costPicoUsd, sum.squares);
          }
        }
        bills.clear();
        attempts.clear();
      },
    };
  };
}

const KINDS = ['input', 'output', 'cacheWrite', 'cacheRead'] as const;

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
