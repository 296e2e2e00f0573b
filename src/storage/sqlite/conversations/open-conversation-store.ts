import type { DatabaseSync } from 'node:sqlite';
import type { ConversationStore } from '../../conversations.ts';
import type { StoreAccess } from '../store-access.ts';
import { prepareAppendMessages } from './append-messages.ts';
import { prepareKeepHistory, prepareTakeHistory } from './histories.ts';
import { prepareInsertConversation } from './insert-conversation.ts';
import { prepareListConversations, prepareReadConversation } from './read-conversations.ts';

/** The part of the store that holds conversations. */
export function openConversationStore(db: DatabaseSync, { read, write }: StoreAccess): ConversationStore {
  const insertConversation = prepareInsertConversation(db);
  const readConversation = prepareReadConversation(db);
  const listConversations = prepareListConversations(db);
  const appendMessages = prepareAppendMessages(db);
  const takeHistory = prepareTakeHistory(db);
  const keepHistory = prepareKeepHistory(db);
  return {
    insertConversation: (conversation) => write(() => insertConversation(conversation)),
    readConversation: (id) => read(() => readConversation(id)),
    listConversations: (page) => read(() => listConversations(page)),
    appendMessages: (id, append) => write(() => appendMessages(id, append)),
    takeHistory: (options) => write(() => takeHistory(options)),
    keepHistory: (id, options) => write(() => keepHistory(id, options)),
  };
}
