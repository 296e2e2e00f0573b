import type { DatabaseSync } from 'node:sqlite';
import { parseJson } from '../../../base/json/exact-number.ts';
import type { Message } from '../../../protocol/messages.ts';
import type { ConversationRecord, ConversationStore, ListedConversation } from '../../conversations.ts';
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

type Page = Parameters<ConversationStore['listConversations']>[0];

/** Most recently used first. */
export function prepareListConversations(db: DatabaseSync): (page: Page) => ListedConversation[] {
  const select = prepare<ListedConversation>(
    db,
    `SELECT id, agent, created_at AS createdAt, updated_at AS updatedAt, open_run AS openRun, speaker,
       message_count AS messageCount,
       (SELECT json_extract(message, '$.content') FROM conversation_messages
        WHERE conversation = conversations.key AND json_type(message, '$.content') = 'text'
        ORDER BY position LIMIT 1) AS firstMessage
     FROM conversations
     WHERE (?1 IS NULL OR speaker = ?1) AND updated_at <= ?2 AND (updated_at < ?2 OR id < ?3)
     ORDER BY updated_at DESC, id DESC ${LIMIT}`,
  );
  return ({ limit, speaker, before = { updatedAt: Number.MAX_SAFE_INTEGER, id: '' } }) =>
    select.all(speaker ?? null, before.updatedAt, before.id, limit).map((row) => ({ ...row }));
}
