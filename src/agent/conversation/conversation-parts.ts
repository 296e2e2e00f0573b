import type { Log } from '../../base/log.ts';
import type { Message } from '../../protocol/messages.ts';
import type { OpenedAgent, RunHooks } from '../../protocol/run.ts';
import type { ConversationSummary, Conversations } from './conversation.ts';

/** A conversation as it is stored. */
export interface StoredConversation {
  id: string;
  /** `name@version` of the agent that it started with; it continues with the same one. */
  agent: string;
  createdAt: number;
  updatedAt: number;
  messages: Message[];
  /** Who began it: the id of a key's caller, `local` without a key; null where it was not recorded. */
  speaker: string | null;
  /** `RUN OWNER` of a stored message whose run has not ended: process `OWNER` is running it, or died. */
  openRun: string | null;
}

/** The part of the store that conversations use. */
interface ConversationStore {
  insertConversation(conversation: StoredConversation): Promise<void>;
  readConversation(id: string): Promise<StoredConversation | undefined>;
  listConversations(options: Parameters<Conversations['list']>[0]): Promise<ConversationSummary[]>;
  /** Rejects with `conversation_busy` unless `expectedCount` messages are stored. */
  appendMessages(
    id: string,
    append: { expectedCount: number; messages: Message[]; openRun: string | null; at: number },
  ): Promise<void>;
}

/** The agent that people talk to. The caller that opened it closes it. */
export interface ConversationAgent {
  agent: OpenedAgent;
  label: string;
  model: string;
  standIn: string | null;
  /** Model and tool calls through the journal. */
  hooksFor(runId: string): Pick<RunHooks, 'callModel' | 'callTool'>;
}

/** What the journal holds of a run. */
export interface RunBill {
  /** The number of its answered calls. */
  answers: number;
  /** Dollars of all of them; null when a price is unknown. */
  costUsd: number | null;
  /** Dollars of the model call of each answered turn; null when its price is unknown. */
  turns: ReadonlyMap<number, number | null>;
}

/** The dependencies of conversations. */
export interface ConversationParts {
  store: ConversationStore;
  /**
   * The agent of a conversation by its label, or the newest of a name without version; the newest orchestrator for
   * `null`, with tools that act for the speaker. `said` is every message of the person, the newest last. Called for
   * every message. Rejects with `agent_not_found`.
   */
  open(label: string | null, speaker: string | undefined, said: readonly string[]): Promise<ConversationAgent>;
  readRun(runId: string): Promise<RunBill>;
  /** This process as text, and whether the process of such a text is still alive (unknown on another host). */
  owner: string;
  isAlive(owner: string): boolean | 'unknown';
  /** A new conversation id, `conv_…`. */
  newId(): string;
  /** Milliseconds since the epoch. */
  now(): number;
  log: Log;
}
