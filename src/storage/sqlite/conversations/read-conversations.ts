import type { DatabaseSync } from 'node:sqlite';
import { parseJson } from '../../../base/exact-number.ts';
import type { Message } from '../../../protocol/messages.ts';
import type { ConversationRecord } from '../../conversations.ts';
import { LIMIT, prepare } from '../statement.ts';

type ConversationHead = Omit<ConversationRecord, 'messages'>;

const SELECT_HEAD = `SELECT key, id, agent, created_at AS createdAt, updated_at AS updatedAt, open_run AS openRun, speaker
  FROM conversations`;

/** A conversation with its whole transcript; undefined when there is none. */
export function prepareReadConversation(db: DatabaseSync): (id: string) => ConversationRecord | undefined {
  const select = prepare<ConversationHead & { key: number }>(db, `${SELECT_HEAD} WHERE id = ?`);
  const selectMessages = prepare<{ message: string }>(
    db,
    'SELECT message FROM conversation_messages WHERE conversation = ? ORDER BY position',
  );
  return (id) => {
    const found = select.get(id);
    if (found === undefined) return undefined;
    const { key, ...head } = found;
    return { ...head, messages: selectMessages.all(key).map(({ message }) => parseJson(message) as Message) };
  };
}

/** Most recently used first. */
export function prepareListConversations(db: DatabaseSync): (options: { limit: number }) => ConversationHead[] {
  const select = prepare<ConversationHead & { key: number }>(
    db,
    `${SELECT_HEAD} ORDER BY updated_at DESC, key DESC ${LIMIT}`,
  );
  return ({ limit }) => select.all(limit).map(({ key: _, ...head }) => head);
}
