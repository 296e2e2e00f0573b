import type { Json, Message, Usage } from '../../protocol/messages.ts';

/** What a chat client sees, in order; the names are those of the SSE events of `POST /v1/chat`. */
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
  | { type: 'turn-end'; stop_reason: string; usage: Usage }
  | { type: 'done'; conversation_id: string; stop_reason: string; usage: Usage; cost_usd: number | null }
  | { type: 'error'; code: string; message: string };

/** Talking to the orchestrator: conversations are stored and go on where they stopped. */
export interface Conversations {
  /**
   * Runs one message of a person through the orchestrator. Without `conversationId` a conversation begins.
   * `speaker` says who speaks, by an id that the opener of agents knows.
   * Contract: never rejects; a fault is an `error` event, and what was said before it is kept.
   */
  send(options: {
    conversationId?: string;
    message: string;
    speaker?: string | undefined;
    signal: AbortSignal;
  }): AsyncIterable<ConversationEvent>;
  /** @throws AppError `conversation_not_found` */
  read(id: string): Promise<{ id: string; agent: string; created_at: string; updated_at: string; messages: Message[] }>;
}
