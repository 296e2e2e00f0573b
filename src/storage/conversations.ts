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

/** A conversation in a list. */
export interface ListedConversation extends Omit<ConversationRecord, 'messages'> {
  messageCount: number;
  /** The first message that the person wrote; null where there is none. */
  firstMessage: string | null;
}

/** Conversations and their messages. The contract of `storage/store.ts` holds for every call. */
export interface ConversationStore {
  insertConversation(conversation: ConversationRecord): Promise<void>;
  readConversation(id: string): Promise<ConversationRecord | undefined>;
  /** The last used first; with `speaker`, those that it began; with `before`, those that come after that one. */
  listConversations(options: {
    limit: number;
    speaker?: string | undefined;
    before?: { updatedAt: number; id: string } | undefined;
  }): Promise<ListedConversation[]>;
  /** Appends when the stored count of messages is `expectedCount`; otherwise rejects with `conversation_busy`. */
  appendMessages(
    id: string,
    append: { expectedCount: number; messages: Message[]; openRun: string | null; at: number },
  ): Promise<void>;
  /**
   * The conversation of a speaker whose client has this history; its history is `next` from now on. One of several that
   * ask concurrently gets it. A conversation that was continued in another way is not found.
   */
  takeHistory(options: { history: string; next: string; speaker: string }): Promise<string | undefined>;
  /** Sets the history that the client of a conversation has; `isOpen` while its last message is being answered. */
  keepHistory(id: string, options: { history: string; isOpen: boolean }): Promise<void>;
}
