import type { DatabaseSync } from 'node:sqlite';
import { parseJson } from '../../../base/json/exact-number.ts';
import type { Json } from '../../../protocol/messages.ts';
import type { CachedAnswer } from '../../cache.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { microOf } from '../batches/money.ts';
import { prepare } from '../statement.ts';

interface AnswerRow {
  run: string;
  turn: number;
  response: string;
  cost_micro_usd: number | null;
}

type FindAnswer = (hash: Uint8Array, within: string | null) => CachedAnswer | undefined;

/** The newest answer for a request's hash, of one batch or of all. The saving is the original cost of the call. */
export function prepareFindAnswer(db: DatabaseSync): FindAnswer {
  const keyOf = prepareBatchKey(db);
  const select = (where: string) =>
    prepare<AnswerRow>(
      db,
      `SELECT e.run, e.turn, a.response,
         ${microOf('iif(c.entry IS NULL, a.cost_pico_usd, c.saved_pico_usd)')} AS cost_micro_usd
       FROM answer_hashes h JOIN journal_entries e ON e.id = h.entry JOIN journal_answers a ON a.entry = h.entry
       LEFT JOIN journal_cached c ON c.entry = h.entry
       WHERE ${where} ORDER BY h.batch DESC, h.entry DESC LIMIT 1`,
    );
  const ofAll = select('h.hash = ?');
  const ofBatch = select('h.hash = ? AND h.batch = ?');
  return (hash, within) => {
    const row = within === null ? ofAll.get(hash) : ofBatch.get(hash, keyOf(within));
    if (row === undefined) return undefined;
    const { run, turn, response, cost_micro_usd: savedMicroUsd } = row;
    return { from: { run, turn }, response: parseJson(response) as Json, savedMicroUsd };
  };
}
