import type { Json, TokenCosts, Usage } from '../protocol/messages.ts';
import type { Fence } from './leases.ts';

/**
 * One call of one run: `call` 0 is the turn's model call, 1… are its tool calls. Runs of a batch start with
 * `BATCH_ID/`.
 */
export interface JournalKey {
  run: string;
  turn: number;
  call: number;
}

/** Who pays for a call outside of batches: the id of a key with a budget. The calls of a batch count to the batch's. */
export interface Payer {
  budgetKey: string;
}

/** The model call of a turn. */
export type ModelCallKey = Pick<JournalKey, 'run' | 'turn'>;

export interface JournalIntent extends JournalKey {
  kind: 'model' | 'tool';
  /** Model or tool name. */
  name: string;
  /**
   * For a model call: the messages appended since the previous turn (transcripts are append-only). For a tool: its
   * input.
   */
  request: Json;
  idempotent: boolean;
  /** Upper limit of this call's cost; null when its price is unknown. */
  worstMicroUsd: number | null;
  at: number;
}

export interface JournalAnswer {
  /** A ModelResponse or a ToolResult. */
  response: Json;
  usage: Usage | null;
  /** null when the price is unknown; 0 for a tool. */
  costMicroUsd: number | null;
  requestId: string | null;
  at: number;
  /** A model call's entry in the bill: `provider/model`, and its cost by kind of token (null: unknown). */
  billed?: { model: string; costs: TokenCosts | null };
  /**
   * For an answer of a provider's batch API: the cost of the same call in real time; null when the price is unknown.
   */
  standardMicroUsd?: number | null;
}

export interface JournalEntry extends JournalIntent {
  answer: JournalAnswer | null;
  /** Sends whose outcome is not known. */
  openSends: number;
  /** Present for an answer that was copied from another row's model call. */
  cachedFrom?: ModelCallKey;
  /** The bodies were pruned: `request` and `answer.response` are null. */
  isPruned?: true;
}

/** What the answered calls of a row were charged. */
export interface RowCharge {
  usage: Usage;
  /** null when the price of a call is unknown. */
  costMicroUsd: number | null;
}

/** The journal of all runs. The contract of `storage/store.ts` holds for every call. */
export interface JournalStore {
  readJournal(run: string): Promise<JournalEntry[]>;
  /** Entries of all runs whose id starts with `prefix`, in order. */
  readJournalByPrefix(prefix: string): Promise<JournalEntry[]>;
  /** The charge of each of these rows, in their order, over all their attempts. */
  readRowCharges(batchId: string, rows: readonly number[]): Promise<RowCharge[]>;
  /** Writes the intent, or counts one more send of an existing entry. With a fence, the batch totals are updated; a payer must be given with each write of a call. */
  writeIntent(intent: JournalIntent, by?: Fence | Payer): Promise<void>;
  writeAnswer(key: JournalKey, answer: JournalAnswer, by?: Fence | Payer): Promise<void>;
  /** Records that the last send was refused and not charged. */
  writeRefusal(key: JournalKey, by?: Fence | Payer): Promise<void>;
  /** Permanently removes the bodies of these runs and their cache entries; their accounting stays. */
  pruneRuns(fence: Fence, runs: string[]): Promise<void>;
}
