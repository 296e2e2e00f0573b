import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { Message } from '../../../protocol/messages.ts';
import { prepare } from '../statement.ts';
import { prepareInsertMessages } from './insert-messages.ts';

type AppendMessages = (
  id: string,
  append: { expectedCount: number; messages: Message[]; openRun: string | null; at: number },
) => void;

/** Appends to a transcript if it still has the length that the caller has seen. */
export function prepareAppendMessages(db: DatabaseSync): AppendMessages {
  const read = prepare<{ key: number; message_count: number }>(
    db,
    'SELECT key, message_count FROM conversations WHERE id = ?',
  );
  const update = prepare(db, 'UPDATE conversations SET message_count = ?, open_run = ?, updated_at = ? WHERE key = ?');
  const insertMessages = prepareInsertMessages(db);
  return (id, { expectedCount, messages, openRun, at }) => {
    const conversation = read.get(id);
    if (conversation === undefined) throw new AppError('conversation_not_found', `There is no conversation ${id}.`);
    if (conversation.message_count !== expectedCount) {
      throw new AppError(
        'conversation_busy',
        `Conversation ${id} has changed in the meantime (${conversation.message_count} messages, not ${expectedCount}); ` +
          'read it again and repeat your message.',
        { retryable: true },
      );
    }
    insertMessages(conversation.key, expectedCount, messages);
    update.run(expectedCount + messages.length, openRun, at, conversation.key);
  };
}
