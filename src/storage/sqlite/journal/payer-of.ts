import type { Payer } from '../../journal.ts';
import type { Fence } from '../../leases.ts';
import type { Transaction } from '../transaction.ts';

/** The batch and the key with a budget that a call counts to. */
export function payerOf(
  transaction: Transaction,
  by: Fence | Payer | undefined,
): { batch: number | undefined; budgetKey: string | null } {
  if (by === undefined) return { batch: undefined, budgetKey: null };
  if ('budgetKey' in by) return { batch: undefined, budgetKey: by.budgetKey };
  const { key: batch, budgetKey } = transaction.fenced(by);
  return { batch, budgetKey };
}
