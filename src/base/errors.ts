/**
 * Every code that an error of Rowmill can carry. Codes are stable: they appear in `_error` columns, HTTP bodies,
 * MCP results and exit statuses.
 */
export type ErrorCode =
  // edges
  | 'config_invalid'
  | 'invalid_arguments'
  | 'option_not_supported'
  | 'unauthorized'
  | 'scope_missing'
  | 'forbidden_host'
  | 'payload_too_large'
  | 'limit_exceeded'
  | 'idempotency_key_reused'
  | 'idempotency_key_busy'
  | 'not_found'
  | 'too_busy'
  | 'rate_limited'
  | 'name_taken'
  | 'upload_conflict'
  | 'upload_damaged'
  | 'uploads_full'
  | 'draft_conflict'
  // tables
  | 'uri_invalid'
  | 'file_not_found'
  | 'file_empty'
  | 'file_not_allowed'
  | 'bucket_not_found'
  | 'location_denied'
  | 'location_unavailable'
  | 'not_a_table'
  | 'encoding_uncertain'
  | 'no_rows'
  | 'format_unsupported'
  | 'table_too_large'
  | 'output_is_source'
  | 'output_exists'
  | 'output_failed'
  | 'row_malformed'
  | 'claim_lost'
  | 'row_changed'
  // registry
  | 'agents_invalid'
  | 'agent_not_found'
  | 'agent_not_structured'
  | 'registry_unavailable'
  // mapping and expressions
  | 'mapping_invalid'
  | 'column_unknown'
  | 'field_unknown'
  | 'expression_invalid'
  | 'expression_failed'
  | 'input_invalid'
  // runs
  | 'max_turns_exceeded'
  | 'row_timeout'
  | 'row_cancelled'
  | 'output_invalid'
  | 'output_unreadable'
  | 'output_truncated'
  | 'context_too_long'
  | 'refused'
  | 'tool_unavailable'
  | 'tool_outcome_unknown'
  | 'script_exhausted'
  // models
  | 'model_key_refused'
  | 'model_permission_denied'
  | 'model_unknown'
  | 'model_spend_limit'
  | 'model_rate_limited'
  | 'model_overloaded'
  | 'model_server_error'
  | 'model_unreachable'
  | 'model_timeout'
  | 'model_unavailable'
  | 'model_request_invalid'
  | 'model_response_invalid'
  // batches
  | 'agent_incompatible'
  | 'batch_not_found'
  | 'batch_state_invalid'
  | 'batch_owned_elsewhere'
  | 'lease_lost'
  | 'process_died'
  | 'failures_not_tolerated'
  | 'job_not_found'
  | 'deadline_passed'
  | 'budget_unpriced'
  | 'budget_reached'
  | 'confirmation_needed'
  | 'conversation_not_found'
  | 'conversation_busy'
  // others
  | 'store_unavailable'
  | 'aborted'
  | 'internal';

/** One fault of a request: where it is, what is wrong, and the fix where one is known. */
export interface Fault {
  /** Such as `body.rows[3].input`. */
  place: string;
  message: string;
  fix?: string;
}

/** The optional parts of an {@link AppError}. */
export interface AppErrorOptions {
  /** Whether the same call may succeed later, unchanged. Default `false`. */
  retryable?: boolean;
  cause?: unknown;
  /** How long to wait before a retry, in milliseconds, when the service stated it. */
  retryAfterMs?: number;
  /** True when a request was sent and it is unknown whether the service executed it (and charged for it). */
  outcomeUnknown?: boolean;
  /** The faults of a request, each with its place; the message tells them too. */
  faults?: readonly Fault[];
}

/** The one error class: `message` names the place and the fix. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly outcomeUnknown: boolean;
  readonly faults: readonly Fault[];

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.outcomeUnknown = options.outcomeUnknown ?? false;
    this.faults = options.faults ?? [];
  }
}

/** Any thrown value as an {@link AppError}. An error of another class gets `code` and keeps its message and cause. */
export function toAppError(thrown: unknown, code: ErrorCode = 'internal'): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof Error) {
    if (thrown.name === 'AbortError') return new AppError('aborted', 'The operation was cancelled.', { cause: thrown });
    if (isOutOfFiles(thrown)) return new AppError(code, outOfFiles(thrown), { cause: thrown });
    return new AppError(code, thrown.message, { cause: thrown });
  }
  return new AppError(code, String(thrown));
}

/** Whether the process, or its machine, may open no further file or connection. */
export function isOutOfFiles(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'EMFILE' || thrown.code === 'ENFILE');
}

function outOfFiles({ message }: Error): string {
  return (
    `This process has too many files and connections open (${message}). ` +
    'Allow more (such as "ulimit -n 4096") or lower the concurrency, then try again.'
  );
}

/** Makes a switch over a tagged union exhaustive at compile time. */
export function unreachable(value: never): never {
  throw new AppError('internal', `Unexpected value ${JSON.stringify(value)}.`);
}
