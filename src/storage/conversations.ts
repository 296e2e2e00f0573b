import type { Message } from '../protocol/messages.ts';

export interface ConversationRecord {
  id: string;
  agent: string;
  createdAt: number;
  updatedAt: number;
  messages: Message[];
  /** Run id of a chat turn that has begun and not ended: its process died, or it still goes on. */
  openRun: string | null;
}
