import { AppError } from '../../base/errors.ts';
import type { ModelRequest, ModelResponse, ToolSpec } from '../../protocol/messages.ts';

/** What a provider takes in one job. Callers stay below it by a margin of their own. */
export interface BatchLimits {
  maxRequests: number;
  /** Of all lines together, each with its line break. */
  maxBytes: number;
  /** Fewer than these can't be sent as a job. */
  minRequests?: number;
}

interface EncodeOptions {
  /** False for a list of tools whose strict form was refused in real time. Default true. */
  isStrict?: boolean;
}

/** The requests of one job. */
export interface Submission {
  /** Letters, digits, `-` and `_`, at most 32; what {@link BatchApi.find} looks for. */
  submissionId: string;
  /** The one model of all of them. */
  model: string;
  /** Lines of {@link BatchApi.encode}. Read once, before anything is sent; what they throw ends the submission. */
  requests: AsyncIterable<string> | Iterable<string>;
  /**
   * Called once when everything is uploaded and checked, right before the one call that creates the job: whoever has to
   * find it again commits that here. What it throws ends the submission, and nothing is created.
   */
  beforeCreate(): Promise<void>;
  signal: AbortSignal;
}

/** Numbers as the provider tells them: for people to look at. They lie; what counts is `results`. */
export interface ProviderJobCounts {
  total: number;
  answered: number;
  failed: number;
}

/**
 * Where a job stands. `ended`, `failed`, `cancelled` and `expired` are final, and each of them may have results.
 * A job that is being cancelled is `running`.
 */
export interface ProviderJobStatus {
  state: 'queued' | 'running' | 'ended' | 'failed' | 'cancelled' | 'expired';
  counts?: ProviderJobCounts;
  /** Why it failed, in the provider's words. */
  reason?: string;
}

/** What became of one request. Only `answered` is charged for. */
export type BatchOutcome =
  | { kind: 'answered'; response: ModelResponse }
  /** `error.retryable` tells whether the same request may succeed in another job. */
  | { kind: 'error'; error: AppError }
  /** The job's time ended before its turn came. */
  | { kind: 'expired' }
  | { kind: 'cancelled' };

export interface BatchResult {
  id: string;
  outcome: BatchOutcome;
}

/** What reading the answers needs of the requests, which is the same for a whole job. */
export interface ResultsOptions {
  model: string;
  tools: readonly ToolSpec[];
  /** What the answers were begun with, where the model takes that. */
  prefill?: string;
  signal: AbortSignal;
}

/** When a lost job must have been created, by this machine's clock, in milliseconds since the epoch. */
export interface FindWindow {
  from: number;
  to: number;
  /** Jobs that are known to belong to other submissions. */
  otherJobs?: ReadonlySet<string>;
  signal: AbortSignal;
}

/** `ambiguous`: it can't be told, at least not before the candidates have ended: ask again, and send nothing anew. */
export type FoundProviderJob = { jobId: string } | 'ambiguous' | undefined;

/**
 * A provider's batch API: jobs of many requests, at a lower price and without a promise of when.
 *
 * Contract: everything rejects with an AppError as a `Provider` does, after at most one attempt: the SDKs' own retries
 * are off, since a create that is repeated after its answer was lost pays twice.
 */
export interface BatchApi {
  /** The name of the provider whose real-time calls cost the full price. */
  readonly name: string;
  readonly limits: BatchLimits;
  /** Requests whose turn never came are missing among the results, and not charged. */
  readonly omitsUnrun?: true;
  /**
   * One request as a line of the provider's format, without a line break.
   * @param id of {@link requestId}; comes back with the result
   */
  encode(request: ModelRequest, id: string, options?: EncodeOptions): string;
  /**
   * Creates a job.
   * Contract: creates at most one. When it rejects with `outcomeUnknown`, a job may exist: look for it with `find`
   * before anything is sent again. Without `outcomeUnknown` there is none. Memory is constant in the number of requests.
   */
  submit(submission: Submission): Promise<{ jobId: string }>;
  status(jobId: string, signal: AbortSignal): Promise<ProviderJobStatus>;
  /**
   * The results of a job that is over.
   * Contract: in any order; ids may be missing (the caller reconciles them) and a broken line is passed over. It may be
   * read again from the start. Memory is constant where the provider gives results as a file.
   */
  results(jobId: string, options: ResultsOptions): AsyncIterable<BatchResult>;
  /** Asks the provider to stop a job. Contract: idempotent; a job that is over already stays as it is. */
  cancel(jobId: string, signal: AbortSignal): Promise<void>;
  /** The job of a submission whose answer was lost. Contract: never guesses. */
  find(submissionId: string, window: FindWindow): Promise<FoundProviderJob>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** How far clocks of providers may be from ours, in milliseconds: {@link FindWindow} is taken wider by it. */
export const CLOCK_SKEW_MS = 5 * 60_000;

const SAFE = /^[a-zA-Z0-9_-]+$/;

/**
 * The id of one request: it names its submission, so that a job can be recognised by any one of its results.
 * @param key the request among those of its submission: letters, digits, `-`, `_`; 64 characters with the submission's id
 */
export function requestId(submissionId: string, key: string): string {
  const id = `${submissionId}-${key}`;
  if (submissionId.length <= 32 && SAFE.test(id) && id.length <= 64) return id;
  throw new AppError('internal', `The batch request id "${id}" must be 64 letters, digits, - and _ at most.`);
}

/** Whether an id of {@link requestId} is of this submission. */
export function isOfSubmission(id: string, submissionId: string): boolean {
  return id.startsWith(`${submissionId}-`);
}

/** The one job that was found, or none, or no answer. */
export function oneOf(jobIds: readonly string[]): FoundProviderJob {
  const [jobId] = jobIds;
  if (jobId === undefined) return undefined;
  return jobIds.length === 1 ? { jobId } : 'ambiguous';
}

/** The fault of a creation: a gateway that answers 5xx may have passed the request on, so that a job may exist. */
export function mayHaveCreated(fault: AppError): AppError {
  const { code, message, retryable, cause } = fault;
  if (code !== 'model_server_error' && code !== 'model_overloaded') return fault;
  return new AppError(code, message, { retryable, outcomeUnknown: true, cause });
}

/** A fault of a call that creates no job and costs nothing: whatever became of it does not matter. */
export function createdNothing(error: AppError): AppError {
  if (!error.outcomeUnknown) return error;
  const { retryable, retryAfterMs, cause } = error;
  return new AppError(error.code, error.message, {
    retryable,
    cause,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
