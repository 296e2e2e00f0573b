import type { DatabaseSync } from 'node:sqlite';
import type { Savings } from '../../batch-totals.ts';
import { prepare } from '../statement.ts';
import { microOf } from './money.ts';

/** The savings of all stored batches. */
export function prepareReadSavings(db: DatabaseSync): () => Savings {
  const select = prepare<Savings>(
    db,
    `SELECT coalesce(${microOf('sum(discount_pico_usd)')}, 0) AS discountMicroUsd,
       coalesce(${microOf('sum(saved_pico_usd)')}, 0) AS cacheMicroUsd FROM batch_totals`,
  );
  return () => select.get() ?? { discountMicroUsd: 0, cacheMicroUsd: 0 };
}
