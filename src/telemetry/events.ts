import type { ErrorCode } from '../base/errors.ts';

/** A batch has another status. Status and reason are those of `BatchRecord`. */
interface BatchStatusChange {
  batchId: string;
  /** Null when the batch has just been created. */
  from: string | null;
  status: string;
  pauseReason: string | null;
  at: number;
}

/** Many rows of a batch have changed at once: a portion was loaded, or collected from a provider job. */
interface BatchProgress {
  batchId: string;
  stage: 'loading' | 'collecting';
  /** Rows of this portion. */
  rows: number;
  at: number;
}

/** Concurrency, cap or priority of a batch was set. */
interface BatchTuned {
  batchId: string;
  at: number;
}

/** This process has taken the lease of a batch, or has given it back or lost it. */
interface LeaseChange {
  batchId: string;
  epoch: number;
  at: number;
}

/** An attempt at a row is over. `returned`: the row is back in the queue. */
interface RowEnd {
  batchId: string;
  row: number;
  attempt: number;
  outcome: 'succeeded' | 'failed' | 'returned';
  /** Null after a success. */
  code: ErrorCode | null;
  /** Null where it was not measured. */
  processingMs: number | null;
  at: number;
}

/** The ids of a call in a run. Batch, row and attempt are null where the run is one of a conversation. */
interface CallIds {
  run: string;
  batchId: string | null;
  row: number | null;
  attempt: number | null;
  turn: number;
}

/** A model call is sent; a repeated one starts again. */
interface ModelCallStart extends CallIds {
  /** `provider/model`. */
  model: string;
  at: number;
}

/** A model call is answered and its answer is stored, or it failed. Calls of provider jobs are not reported singly. */
interface ModelCallEnd extends ModelCallStart {
  outcome: 'answered' | 'cached' | 'failed';
  code: ErrorCode | null;
  usage: { inputTokens: number; outputTokens: number; cacheWriteTokens: number; cacheReadTokens: number } | null;
  /** Null when the price is unknown or the call failed. */
  costMicroUsd: number | null;
  durationMs: number;
}

/** A tool call is answered and its answer is stored. */
interface ToolCallEnd extends CallIds {
  /** Number of the call in its turn, from 0. */
  index: number;
  tool: string;
  isError: boolean;
  durationMs: number;
  at: number;
}

/** A provider job has another state, one of `ProviderJobState`. */
interface ProviderJobStatusChange {
  batchId: string;
  jobId: string;
  status: string;
  at: number;
}

/**
 * A lane fares otherwise than before. `cooling`: refused, it rests for `waitMs`. `stopped`: every call fails; one call at
 * a time tries again. Noticed when a call ends, so a rest that is over is reported with the next answer.
 */
interface LaneState {
  /** The provider, or its server where it has one of its own. */
  provider: string;
  model: string;
  state: 'open' | 'cooling' | 'stopped';
  waitMs: number;
  inFlight: number;
  at: number;
}

/**
 * Everything that the program reports while it works, by name. Ids and figures only: no cell contents, no messages.
 * `at` is in milliseconds since the epoch.
 */
export interface EventMap {
  'batch-status': BatchStatusChange;
  'batch-progress': BatchProgress;
  'batch-tune': BatchTuned;
  'lease-start': LeaseChange;
  'lease-end': LeaseChange;
  'row-end': RowEnd;
  'model-call-start': ModelCallStart;
  'model-call-end': ModelCallEnd;
  'tool-call-end': ToolCallEnd;
  'provider-job-status': ProviderJobStatusChange;
  'lane-state': LaneState;
}

/** The name of an event. */
export type EventName = keyof EventMap;

/** Where events are sent to, as those see it who emit. */
export interface EventSink {
  /** Whether anybody listens: payloads on hot paths are built only then. */
  has(name: EventName): boolean;
  /** Contract: never throws and never waits; listeners run later, outside the caller's path. */
  emit<Name extends EventName>(name: Name, event: EventMap[Name]): void;
}

/** The events of one process. */
export interface Events extends EventSink {
  /**
   * Calls `listener` with every event of a name from here on, in order; a listener that returns a promise gets the next
   * one when it has settled. One that falls behind loses the oldest events and keeps the latest. What it throws is logged
   * once. Returns the function that ends the listening; idempotent.
   */
  on<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => unknown): () => void;
}
