import type { ErrorCode } from '../base/errors.ts';
import type { BatchReport } from '../runner/contract/report/report.ts';

/** Exit statuses, as the README lists them. */
export const EXIT = {
  completed: 0,
  fault: 1,
  invalid: 2,
  rowsFailed: 3,
  paused: 4,
  cancelled: 5,
  interrupted: 130,
} as const;

/** Codes with an exit status other than 1: arguments, validation, and causes of a pause. */
const BY_CODE: { [code in ErrorCode]?: number } = {
  config_invalid: EXIT.invalid,
  invalid_arguments: EXIT.invalid,
  option_not_supported: EXIT.invalid,
  payload_too_large: EXIT.invalid,
  limit_exceeded: EXIT.invalid,
  name_taken: EXIT.invalid,
  upload_conflict: EXIT.invalid,
  draft_conflict: EXIT.invalid,
  not_found: EXIT.invalid,
  uri_invalid: EXIT.invalid,
  file_not_found: EXIT.invalid,
  file_empty: EXIT.invalid,
  file_not_allowed: EXIT.invalid,
  bucket_not_found: EXIT.invalid,
  not_a_table: EXIT.invalid,
  encoding_uncertain: EXIT.invalid,
  no_rows: EXIT.invalid,
  format_unsupported: EXIT.invalid,
  table_too_large: EXIT.invalid,
  output_is_source: EXIT.invalid,
  output_exists: EXIT.invalid,
  agents_invalid: EXIT.invalid,
  agent_not_found: EXIT.invalid,
  agent_not_structured: EXIT.invalid,
  agent_incompatible: EXIT.invalid,
  mapping_invalid: EXIT.invalid,
  column_unknown: EXIT.invalid,
  field_unknown: EXIT.invalid,
  expression_invalid: EXIT.invalid,
  input_invalid: EXIT.invalid,
  batch_not_found: EXIT.invalid,
  job_not_found: EXIT.invalid,
  batch_state_invalid: EXIT.invalid,
  conversation_not_found: EXIT.invalid,
  failures_not_tolerated: EXIT.rowsFailed,
  budget_unpriced: EXIT.invalid,
  confirmation_needed: EXIT.invalid,
  budget_reached: EXIT.paused,
  aborted: EXIT.interrupted,
};

/** The exit status of a fault. */
export function exitCodeOfError(code: ErrorCode): number {
  return BY_CODE[code] ?? EXIT.fault;
}

/** The exit status for a batch's current state. `interrupted`: this process was asked to stop. */
export function exitCodeOfBatch(report: BatchReport, interrupted: boolean): number {
  switch (report.status) {
    case 'completed':
      return report.counts.failed > 0 ? EXIT.rowsFailed : EXIT.completed;
    case 'cancelled':
      return EXIT.cancelled;
    case 'failed':
      // If no row ran, validation or loading failed; otherwise the share of failed rows exceeded the tolerated share.
      return report.error !== null && report.counts.succeeded + report.counts.failed === 0
        ? exitCodeOfError(report.error.code)
        : EXIT.rowsFailed;
    case 'paused':
      return interrupted || report.pause_reason === 'interrupted' ? EXIT.interrupted : EXIT.paused;
    default:
      return EXIT.interrupted;
  }
}
