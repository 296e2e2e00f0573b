import type { Message } from '../protocol/messages.ts';

export interface ConversationRecord {
  id: string;
  agent: string;
  createdAt: number;
  updatedAt: number;
  messages: Message[];
  /** Who began it; null in conversations from before it was recorded. */
  speaker: string | null;
  /** Run id of a chat turn that has started and not ended: its process died, or the turn is still running. */
  openRun: string | null;
}

/** Conversations and their messages. The contract of `storage/store.ts` holds for every call. */
export interface ConversationStore {
  insertConversation(conversation: ConversationRecord): Promise<void>;
  readConversation(id: string): Promise<ConversationRecord | undefined>;
  listConversations(options: { limit: number }): Promise<Omit<ConversationRecord, 'messages'>[]>;
  /** Appends when the stored count of messages is `expectedCount`; otherwise rejects with `conversation_busy`. */
  appendMessages(
    id: string,
    append: { expectedCount: number; messages: Message[]; openRun: string | null; at: number },
  ): Promise<void>;
}
