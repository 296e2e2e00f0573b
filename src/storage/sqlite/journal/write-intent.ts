import type { DatabaseSync } from 'node:sqlite';
import type { JournalIntent, Payer } from '../../journal.ts';
import type { Fence } from '../../leases.ts';
import { toPico } from '../batches/money.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { journalFault, prepareEntryState } from './journal-entry.ts';
import { payerOf } from './payer-of.ts';

type WriteIntent = (transaction: Transaction, intent: JournalIntent, by?: Fence | Payer) => void;

/** An existing entry without an answer is sent once more, perhaps to another model; its earlier sends stay open. */
export function prepareWriteIntent(db: DatabaseSync): WriteIntent {
  const stateOf = prepareEntryState(db);
  const insert = prepare(
    db,
    `INSERT INTO journal_entries (run, turn, call, kind, name, request, idempotent, worst_pico_usd, at, sends, refusals)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0)
     ON CONFLICT (run, turn, call) DO NOTHING`,
  );
  const resend = prepare(
    db,
    'UPDATE journal_entries SET sends = sends + 1, name = ?, worst_pico_usd = ?, at = ? WHERE id = ?',
  );

  return (transaction, intent, by) => {
    const { batch, budgetKey } = payerOf(transaction, by);
    const worst = intent.worstMicroUsd === null ? null : toPico(intent.worstMicroUsd);
    const inserted = insert.run(
      ...[intent.run, intent.turn, intent.call, intent.kind, intent.name, JSON.stringify(intent.request)],
      ...[intent.idempotent ? 1 : 0, worst, intent.at],
    );
    const entry = inserted === 0 ? stateOf(intent) : undefined;
    if (entry !== undefined) {
      if (entry.answered === 1) throw journalFault(intent, 'already has an answer and must not be sent again');
      resend.run(intent.name, worst, intent.at, entry.id);
    }
    if (intent.kind === 'model') transaction.days.send(intent.at, worst, budgetKey);
    if (batch === undefined) return;
    const totals = transaction.totals(batch);
    totals.openCalls += 1;
    totals.openWorstPicoUsd += worst ?? 0;
  };
}
