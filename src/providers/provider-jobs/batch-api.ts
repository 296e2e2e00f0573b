import { AppError } from '../../base/errors.ts';
import type { AnswerForm, ModelRequest, ModelResponse, ToolSpec } from '../../protocol/messages.ts';

/** The limits of a provider for one job. Callers stay below them by a margin. */
export interface BatchLimits {
  maxRequests: number;
  /** The size of all lines together, each with its line break. */
  maxBytes: number;
  /** Hours after which the provider ends a job. */
  hours?: number;
  /** A job with fewer requests can't be sent. */
  minRequests?: number;
}

interface EncodeOptions {
  /** False for a list of tools whose strict form, or native form of the answer, was refused in real time. Default true. */
  isStrict?: boolean;
}

/** The requests of one job. */
export interface Submission {
  /** Letters, digits, `-` and `_`, at most 32. {@link BatchApi.find} searches for it. */
  submissionId: string;
  /** The one model of all of them. */
  model: string;
  /** Lines of {@link BatchApi.encode}. Read once, before anything is sent; a read error ends the submission. */
  requests: AsyncIterable<string> | Iterable<string>;
  /**
   * Called once when everything is uploaded and checked, right before the one call that creates the job: the caller
   * commits here what it needs to find the job again. An error ends the submission, and nothing is created.
   */
  beforeCreate(): Promise<void>;
  signal: AbortSignal;
}

/** Counts as the provider reports them: display only, may be wrong. Only `results` are reliable. */
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
  /** `error.retryable`: whether the same request may succeed in another job. */
  | { kind: 'error'; error: AppError }
  /** The job's time ended before the request was processed. */
  | { kind: 'expired' }
  | { kind: 'cancelled' };

export interface BatchResult {
  id: string;
  outcome: BatchOutcome;
}

/** What reading the answers needs to know about the requests; the same for a whole job. */
export interface ResultsOptions {
  model: string;
  tools: readonly ToolSpec[];
  /** The prefill of the answers, where the model accepts one. */
  prefill?: string;
  /** As in the requests. */
  answer?: AnswerForm;
  /**
   * The ids of all requests of the job, in any order, for results that come without ids; empty where some of them have
   * a result already.
   */
  ids?: () => Promise<readonly string[]>;
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

/** `ambiguous`: unknown, at least until the candidates have ended: ask again, and do not submit again. */
export type FoundProviderJob = { jobId: string } | 'ambiguous' | undefined;

/**
 * A provider's batch API: jobs of many requests, at a lower price and without a promised time.
 *
 * Contract: everything rejects with an AppError as a `Provider` does, after at most one attempt: the SDKs' own retries
 * are off, since a create that is repeated after its answer was lost pays twice.
 */
export interface BatchApi {
  /** The name of the provider whose real-time calls cost the full price. */
  readonly name: string;
  readonly limits: BatchLimits;
  /** Unprocessed requests are missing from the results, and not charged. */
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
   * The results of a job that has ended.
   * Contract: in any order; ids may be missing (the caller reconciles them) and a broken line is skipped. It may be
   * read again from the start. Memory is constant where the provider gives results as a file.
   */
  results(jobId: string, options: ResultsOptions): AsyncIterable<BatchResult>;
  /** Asks the provider to stop a job. Contract: idempotent; a job that has ended stays unchanged. */
  cancel(jobId: string, signal: AbortSignal): Promise<void>;
  /** The job of a submission whose answer was lost. Contract: never guesses. */
  find(submissionId: string, window: FindWindow): Promise<FoundProviderJob>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** How far clocks of providers may differ from ours, in milliseconds; {@link FindWindow} is widened by it. */
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

/** Whether an id of {@link requestId} belongs to this submission. */
export function isOfSubmission(id: string, submissionId: string): boolean {
  return id.startsWith(`${submissionId}-`);
}

/** The one job that was found, undefined for none, `ambiguous` for several. */
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

/** A fault of a call that creates no job and costs nothing: its outcome does not matter. */
export function createdNothing(error: AppError): AppError {
  if (!error.outcomeUnknown) return error;
  const { retryable, retryAfterMs, cause } = error;
  return new AppError(error.code, error.message, {
    retryable,
    cause,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
