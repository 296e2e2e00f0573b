import type { DatabaseSync } from 'node:sqlite';
import { prepare } from '../statement.ts';

/** Finds a conversation by the history of its client, and moves it on to the next one. */
export function prepareTakeHistory(
  db: DatabaseSync,
): (options: { history: string; next: string; speaker: string }) => string | undefined {
  const take = prepare<{ id: string }>(
    db,
    `UPDATE conversations SET history = ?, history_count = NULL WHERE key = (
       SELECT key FROM conversations
       WHERE history = ? AND speaker = ? AND (history_count IS NULL OR history_count = message_count)
       ORDER BY updated_at DESC LIMIT 1
     ) RETURNING id`,
  );
  return ({ history, next, speaker }) => take.get(next, history, speaker)?.id;
}

/** Sets the history that the client of a conversation has. */
export function prepareKeepHistory(
  db: DatabaseSync,
): (id: string, options: { history: string; isOpen: boolean }) => void {
  const keep = prepare(
    db,
    'UPDATE conversations SET history = ?, history_count = CASE WHEN ? THEN NULL ELSE message_count END WHERE id = ?',
  );
  return (id, { history, isOpen }) => {
    keep.run(history, isOpen ? 1 : 0, id);
  };
}
