import type { DatabaseSync } from 'node:sqlite';
import type { CachedAnswer } from '../../cache.ts';
import type { JournalIntent } from '../../journal.ts';
import type { Fence } from '../../leases.ts';
import { toPico } from '../batches/money.ts';
import { journalFault, prepareEntryState } from '../journal/journal-entry.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';

type WriteCachedAnswer = (transaction: Transaction, intent: JournalIntent, answer: CachedAnswer, fence: Fence) => void;

/**
 * Writes intent and answer together, because nothing was sent. The body is copied, so that a resume and a trace need no
 * other batch. Sends of the same call whose answers were lost stay open.
 */
export function prepareWriteCachedAnswer(db: DatabaseSync): WriteCachedAnswer {
  const stateOf = prepareEntryState(db);
  const insertEntry = prepare(
    db,
    `INSERT INTO journal_entries (run, turn, call, kind, name, request, idempotent, worst_pico_usd, at, sends, refusals)
     VALUES (?, ?, ?, 'model', ?, ?, 1, 0, ?, 1, 0)`,
  );
  const countSend = prepare(db, 'UPDATE journal_entries SET sends = sends + 1, name = ? WHERE id = ?');
  const insertAnswer = prepare(
    db,
    `INSERT INTO journal_answers (entry, response, usage, cost_pico_usd, request_id, at)
     SELECT id, ?4, NULL, 0, NULL, ?5 FROM journal_entries WHERE run = ?1 AND turn = ?2 AND call = ?3`,
  );
  const insertCached = prepare(
    db,
    `INSERT INTO journal_cached (entry, source_run, source_turn, saved_pico_usd)
     SELECT id, ?4, ?5, ?6 FROM journal_entries WHERE run = ?1 AND turn = ?2 AND call = ?3`,
  );

  return (transaction, intent, { from, response, savedMicroUsd }, fence) => {
    const batch = transaction.fenced(fence).key;
    const { run, turn, call, name, request, at } = intent;
    const entry = stateOf(intent);
    if (entry?.answered === 1) throw journalFault(intent, 'already has an answer');
    if (entry === undefined) insertEntry.run(run, turn, call, name, JSON.stringify(request), at);
    else countSend.run(name, entry.id);
    const saved = savedMicroUsd === null ? null : toPico(savedMicroUsd);
    insertAnswer.run(run, turn, call, JSON.stringify(response), at);
    insertCached.run(run, turn, call, from.run, from.turn, saved);
    const totals = transaction.totals(batch);
    totals.cachedCalls += 1;
    totals.savedPicoUsd += saved ?? 0;
    totals.unpricedCachedCalls += saved === null ? 1 : 0;
    transaction.usage.addCall(batch, { model: name, way: 'cache', at, cost: 0, saved: saved ?? 0 });
  };
}
