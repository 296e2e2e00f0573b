import type { DatabaseSync } from 'node:sqlite';
import type { Message } from '../../../protocol/messages.ts';
import { prepare } from '../statement.ts';

/** Appends to a transcript from `position` on; stored messages are never rewritten. */
export function prepareInsertMessages(
  db: DatabaseSync,
): (conversation: number, position: number, messages: Message[]) => void {
  const insert = prepare(db, 'INSERT INTO conversation_messages (conversation, position, message) VALUES (?, ?, ?)');
  return (conversation, position, messages) => {
    for (const [index, message] of messages.entries()) {
      insert.run(conversation, position + index, JSON.stringify(message));
    }
  };
}
