import type { DatabaseSync } from 'node:sqlite';
import { NO_USAGE } from '../../../protocol/messages.ts';
import type { JournalAnswer, JournalKey, Payer } from '../../journal.ts';
import type { Fence } from '../../leases.ts';
import { textOrNull } from '../batches/batch-record.ts';
import { toPico } from '../batches/money.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { journalFault, prepareEntryState } from './journal-entry.ts';
import { payerOf } from './payer-of.ts';

type WriteAnswer = (transaction: Transaction, key: JournalKey, answer: JournalAnswer, by?: Fence | Payer) => void;

/** Settles the last send. Earlier sends of the same call, whose answers were lost, stay open. */
export function prepareWriteAnswer(db: DatabaseSync): WriteAnswer {
  const stateOf = prepareEntryState(db);
  const insert = prepare(
    db,
    `INSERT INTO journal_answers (entry, response, usage, cost_pico_usd, request_id, at, standard_pico_usd)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  return (transaction, key, answer, by) => {
    const { batch, budgetKey } = payerOf(transaction, by);
    const entry = stateOf(key);
    if (entry === undefined) throw journalFault(key, 'was answered without an intent');
    if (entry.answered === 1) throw journalFault(key, 'was answered twice');
    if (entry.open_sends < 1) throw journalFault(key, 'was answered after it was refused');
    const cost = answer.costMicroUsd === null ? null : toPico(answer.costMicroUsd);
    const isOfBatchApi = answer.standardMicroUsd !== undefined;
    const standard = answer.standardMicroUsd == null ? null : toPico(answer.standardMicroUsd);
    insert.run(
      ...[entry.id, JSON.stringify(answer.response), textOrNull(answer.usage), cost, answer.requestId, answer.at],
      standard,
    );
    const saved = standard === null || cost === null ? 0 : standard - cost;
    if (entry.kind === 'model') {
      transaction.days.settle(entry.at, { worst: entry.worst_pico_usd, cost }, budgetKey);
      const [model, way] = [answer.billed?.model ?? '', isOfBatchApi ? 'batch' : 'realtime'] as const;
      const tookMs = isOfBatchApi ? undefined : answer.at - entry.at;
      transaction.usage.addCall(batch, { model, way, at: answer.at, usage: answer.usage, cost, saved, tookMs });
    }
    if (batch === undefined) return;
    const totals = transaction.totals(batch);
    totals[entry.kind === 'model' ? 'modelCalls' : 'toolCalls'] += 1;
    totals.inputTokens += answer.usage?.inputTokens ?? 0;
    totals.outputTokens += answer.usage?.outputTokens ?? 0;
    totals.cacheWriteTokens += answer.usage?.cacheWriteTokens ?? 0;
    totals.cacheReadTokens += answer.usage?.cacheReadTokens ?? 0;
    totals.costPicoUsd += cost ?? 0;
    totals.unpricedCalls += cost === null ? 1 : 0;
    totals.batchCalls += isOfBatchApi ? 1 : 0;
    totals.discountPicoUsd += saved;
    totals.openCalls -= 1;
    totals.openWorstPicoUsd -= entry.worst_pico_usd ?? 0;
    const { billed, usage } = answer;
    if (billed !== undefined) transaction.bills.addCall(batch, { ...billed, usage: usage ?? NO_USAGE });
  };
}
