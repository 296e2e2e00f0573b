import { isoTime } from '../../base/clock.ts';
import type { ConversationSummary } from './conversation.ts';

/** How much of a first message a list shows, in characters. */
export const SHOWN_CHARACTERS = 200;

/** A conversation in a list, as every face shows it. */
export interface ConversationReport {
  id: string;
  agent: string;
  created_at: string;
  updated_at: string;
  message_count: number;
  /** Its first {@link SHOWN_CHARACTERS} characters; null where there is none. */
  first_message: string | null;
}

/** A conversation as it is shown. */
export function conversationReportOf(summary: ConversationSummary): ConversationReport {
  const { id, agent, createdAt, updatedAt, messageCount, firstMessage } = summary;
  return {
    ...{ id, agent, created_at: isoTime(createdAt), updated_at: isoTime(updatedAt) },
    message_count: messageCount,
    first_message: firstMessage === null ? null : firstMessage.slice(0, SHOWN_CHARACTERS).toWellFormed(),
  };
}
