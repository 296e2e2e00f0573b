import type { ErrorCode } from '../base/errors.ts';

/** The status of a batch has changed. Status and reason are those of `BatchRecord`. */
interface BatchStatusChange {
  batchId: string;
  /** Null when the batch has just been created. */
  from: string | null;
  status: string;
  pauseReason: string | null;
  at: number;
}

/** Many rows of a batch have changed together: a portion was loaded, or collected from a provider job. */
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

/** This process has acquired the lease of a batch, or has released or lost it. */
interface LeaseChange {
  batchId: string;
  epoch: number;
  at: number;
}

/** An attempt at a row has ended. `returned`: the row is back in the queue. */
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

/** The ids of a call in a run. Batch, row and attempt are null where the run belongs to a conversation. */
interface CallIds {
  run: string;
  batchId: string | null;
  row: number | null;
  attempt: number | null;
  turn: number;
}

/** A model call is sent. Each retry is reported as well. */
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

/** A provider job is further within its state: uploaded, answered in part, or read. */
interface ProviderJobProgress {
  batchId: string;
  jobId: string;
  at: number;
}

/** The state of a provider job has changed; it is one of `ProviderJobState`. */
interface ProviderJobStatusChange {
  batchId: string;
  jobId: string;
  status: string;
  at: number;
}

/**
 * The state of a lane has changed. `cooling`: after a refusal it pauses for `waitMs`. `stopped`: every call fails; one
 * call at a time is sent as a probe. Checked when a call ends, so the end of a pause is reported with the next answer.
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

/** A run of a schedule has started its batches, or failed. */
interface ScheduleRunEnd {
  schedule: string;
  /** Id of the run in the history. */
  run: number;
  state: 'succeeded' | 'failed';
  /** Null after a success. */
  code: ErrorCode | null;
  at: number;
}

/**
 * All events that the program reports while it runs, by name. Ids and figures only: no cell contents, no messages.
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
  'provider-job-progress': ProviderJobProgress;
  'lane-state': LaneState;
  'schedule-run-end': ScheduleRunEnd;
}

/** The name of an event. */
export type EventName = keyof EventMap;

/** The events of one process, for the code that emits them. */
export interface EventSink {
  /** Whether the event has a listener: payloads on hot paths are built only then. */
  has(name: EventName): boolean;
  /** Contract: never throws and never waits; listeners run later, outside the caller's path. */
  emit<Name extends EventName>(name: Name, event: EventMap[Name]): void;
}

/** The events of one process. */
export interface Events extends EventSink {
  /**
   * Calls `listener` with every event of a name from now on, in order. A listener that returns a promise gets the next
   * event when the promise has settled. A slow listener loses the oldest events and keeps the latest. Its first error
   * is logged, later ones are not. Returns the function that ends the subscription; idempotent.
   */
  on<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => unknown): () => void;
}
