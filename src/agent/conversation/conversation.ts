import type { Json, Message, Usage } from '../../protocol/messages.ts';

/** The events that a chat client gets, in order; their names are those of the SSE events of `POST /v1/chat`. */
export type ConversationEvent =
  | { type: 'conversation'; conversation_id: string; agent: string; model: string; stand_in: string | null }
  | { type: 'text-delta'; text: string }
  | { type: 'tool-call-start'; tool_use_id: string; name: string; input: Json }
  | {
      type: 'tool-call-end';
      tool_use_id: string;
      name: string;
      is_error: boolean;
      content: Json;
      duration_ms: number;
    }
  | { type: 'warning'; message: string }
  | { type: 'turn-end'; stop_reason: string; usage: Usage; cost_usd: number | null }
  | { type: 'done'; conversation_id: string; stop_reason: string; usage: Usage; cost_usd: number | null }
  | { type: 'error'; code: string; message: string };

/** A conversation in a list. */
export interface ConversationSummary {
  id: string;
  agent: string;
  createdAt: number;
  updatedAt: number;
  messageCount: number;
  /** The first message that the person wrote; null where there is none. */
  firstMessage: string | null;
}

/** A conversation with all its messages. */
export interface ReadConversation {
  id: string;
  agent: string;
  created_at: string;
  updated_at: string;
  messages: Message[];
  /** Whether its last message is being answered. */
  answering: boolean;
  /** Dollars of its answers; null when a price is unknown. */
  cost_usd: number | null;
}

/** Conversations with the orchestrator. They are stored, and continue where they stopped. */
export interface Conversations {
  /**
   * Runs one message of a person through the orchestrator. Without `conversationId` a new conversation starts.
   * `speaker` says who speaks: an id that the opener of agents knows.
   * Contract: never rejects; a fault is an `error` event, and the messages before it are kept.
   */
  send(options: {
    conversationId?: string;
    message: string;
    /** The messages before, where a client keeps them itself; only without `conversationId`. */
    before?: readonly Message[];
    /** The client sends its last message again, because it got no answer: it is no later message of the person. */
    isRepeat?: boolean;
    speaker?: string | undefined;
    signal: AbortSignal;
  }): AsyncIterable<ConversationEvent>;
  /** The conversations of a speaker, the last used first; `before`: those after that one. */
  list(options: {
    limit: number;
    speaker?: string | undefined;
    before?: { updatedAt: number; id: string } | undefined;
  }): Promise<ConversationSummary[]>;
  /** @throws AppError `conversation_not_found`, also for a conversation that another key began */
  read(id: string, speaker?: string): Promise<ReadConversation>;
}
