import type { DatabaseSync } from 'node:sqlite';
import type { ConversationRecord } from '../../conversations.ts';
import { prepare } from '../statement.ts';
import { prepareInsertMessages } from './insert-messages.ts';

/** A new conversation, with its first messages. */
export function prepareInsertConversation(db: DatabaseSync): (conversation: ConversationRecord) => void {
  const insert = prepare<{ key: number }>(
    db,
    `INSERT INTO conversations (id, agent, created_at, updated_at, message_count, open_run, speaker)
     VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING key`,
  );
  const insertMessages = prepareInsertMessages(db);
  return ({ id, agent, createdAt, updatedAt, messages, openRun, speaker }) => {
    const stored = insert.get(id, agent, createdAt, updatedAt, messages.length, openRun, speaker);
    if (stored !== undefined) insertMessages(stored.key, 0, messages);
  };
}
