import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { JournalKey } from '../../journal.ts';
import { prepare } from '../statement.ts';

/** The state of an entry that journal writes need. */
export interface EntryState {
  id: number;
  kind: 'model' | 'tool';
  /** The upper limit of the last send's cost; null when unknown. */
  worst_pico_usd: number | null;
  open_sends: number;
  /** When it was sent last. */
  at: number;
  answered: number;
}

/** The state of a journal entry, by key; undefined when there is none. */
export function prepareEntryState(db: DatabaseSync): (key: JournalKey) => EntryState | undefined {
  const select = prepare<EntryState>(
    db,
    `SELECT e.id, e.kind, e.at, e.worst_pico_usd, e.sends - e.refusals - (a.entry IS NOT NULL) AS open_sends,
       a.entry IS NOT NULL AS answered
     FROM journal_entries e LEFT JOIN journal_answers a ON a.entry = e.id
     WHERE e.run = ? AND e.turn = ? AND e.call = ?`,
  );
  return ({ run, turn, call }) => select.get(run, turn, call);
}

/** An error of the caller: the journal's order is intent, then answer or refusal. */
export function journalFault(key: JournalKey, fault: string): AppError {
  return new AppError('internal', `Call ${key.call} of turn ${key.turn} of run ${key.run} ${fault}.`);
}
