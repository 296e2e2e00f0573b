import type { DatabaseSync } from 'node:sqlite';
import type { JournalKey, Payer } from '../../journal.ts';
import type { Fence } from '../../leases.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { journalFault, prepareEntryState } from './journal-entry.ts';
import { payerOf } from './payer-of.ts';

type WriteRefusal = (transaction: Transaction, key: JournalKey, by?: Fence | Payer) => void;

/** Settles the last send, at no cost; the call may be sent again. */
export function prepareWriteRefusal(db: DatabaseSync): WriteRefusal {
  const stateOf = prepareEntryState(db);
  const refuse = prepare(db, 'UPDATE journal_entries SET refusals = refusals + 1 WHERE id = ?');
  return (transaction, key, by) => {
    const { batch, budgetKey } = payerOf(transaction, by);
    const entry = stateOf(key);
    if (entry === undefined) throw journalFault(key, 'was refused without an intent');
    if (entry.open_sends < 1) throw journalFault(key, 'was refused, but no send of it is open');
    refuse.run(entry.id);
    if (entry.kind === 'model') transaction.days.settle(entry.at, { worst: entry.worst_pico_usd, cost: 0 }, budgetKey);
    if (batch === undefined) return;
    const totals = transaction.totals(batch);
    totals.openCalls -= 1;
    totals.openWorstPicoUsd -= entry.worst_pico_usd ?? 0;
  };
}
