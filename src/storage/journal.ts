import type { Json, TokenCosts, Usage } from '../protocol/messages.ts';
import type { Fence } from './leases.ts';

/** One call of one run: `call` 0 is the turn's model call, 1… are its tool calls. Runs of a batch begin with `BATCH_ID/`. */
export interface JournalKey {
  run: string;
  turn: number;
  call: number;
}

/** The model call of a turn. */
export type ModelCallKey = Pick<JournalKey, 'run' | 'turn'>;

export interface JournalIntent extends JournalKey {
  kind: 'model' | 'tool';
  /** Model or tool name. */
  name: string;
  /** For a model call: the messages appended since the turn before (transcripts are append-only). For a tool: its input. */
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
  /** Where a model call stands in the bill: `provider/model`, and its cost by kind of token (null: unknown). */
  billed?: { model: string; costs: TokenCosts | null };
  /** Of an answer of a provider's batch API: what it would have cost in real time; null when the price is unknown. */
  standardMicroUsd?: number | null;
}

export interface JournalEntry extends JournalIntent {
  answer: JournalAnswer | null;
  /** Sends whose outcome is not known. */
  openSends: number;
  /** Present for an answer that was taken from another row's model call. */
  cachedFrom?: ModelCallKey;
  /** The bodies were pruned: `request` and `answer.response` are null. */
  isPruned?: true;
}

/** The journal of all runs. The contract of `storage/store.ts` holds for every call. */
export interface JournalStore {
  readJournal(run: string): Promise<JournalEntry[]>;
  /** Entries of all runs whose id begins with `prefix`, in order. */
  readJournalByPrefix(prefix: string): Promise<JournalEntry[]>;
  /** Writes the intent, or counts one more send of an entry that exists. Batch totals follow when a fence is given. */
  writeIntent(intent: JournalIntent, fence?: Fence): Promise<void>;
  writeAnswer(key: JournalKey, answer: JournalAnswer, fence?: Fence): Promise<void>;
  /** The last send is known to have been refused and not charged. */
  writeRefusal(key: JournalKey, fence?: Fence): Promise<void>;
  /** Takes away the bodies of these runs, for good, and what the cache has of them; their accounting stays. */
  pruneRuns(fence: Fence, runs: string[]): Promise<void>;
}
