import type { AppError, ErrorCode } from '../../base/errors.ts';

const ASK_FOR_TABLE = 'Ask the person for the right path or URI of the table; do not guess one.';
const VALIDATE = 'Call validate_agent_compatibility with the table to see every reason and a proposed mapping.';

const ADVICE: { [code in ErrorCode]?: string } = {
  invalid_arguments: 'Correct the arguments as the message says and call the tool again.',
  option_not_supported: 'Leave that option out, or tell the person that it is not available, and call the tool again.',
  limit_exceeded: 'Make what the message names shorter, and call the tool again.',
  uri_invalid: ASK_FOR_TABLE,
  file_not_found: ASK_FOR_TABLE,
  file_empty: ASK_FOR_TABLE,
  not_a_table: ASK_FOR_TABLE,
  encoding_uncertain:
    'Show the person the candidates and how each would read the text, and ask which is right; then call again with reading.encoding.',
  no_rows: ASK_FOR_TABLE,
  format_unsupported: 'Ask the person for the table as CSV, TSV, JSONL, JSON, XLSX or Parquet.',
  table_too_large: 'Tell the person what the message says; only they can raise the limit.',
  file_not_allowed:
    'Tell the person that Rowmill may not access that place; they can move the file or set ROWMILL_FILES and restart it.',
  bucket_not_found: ASK_FOR_TABLE,
  location_denied: 'Tell the person that access was refused, and what the message names as the fix.',
  location_unavailable: 'Try once more in a minute; if it fails again, tell the person.',
  output_is_source: 'Choose another output_uri, or leave it out.',
  output_exists:
    'Choose another output_uri, or leave it out; set options.overwrite only if the person says that the file may be replaced.',
  output_failed: 'Choose another output_uri, or leave it out.',
  agent_not_found: 'Call validate_agent_compatibility with the name as the person wrote it to see the existing agents.',
  agent_not_structured: 'Choose an agent whose structured output is enabled.',
  agents_invalid: 'Tell the person to correct the agent definition as the message says.',
  registry_unavailable: 'Try once more in a minute; if it fails again, tell the person.',
  agent_incompatible: VALIDATE,
  mapping_invalid: VALIDATE,
  column_unknown: VALIDATE,
  field_unknown: 'Use one of the fields that the message names.',
  expression_invalid: 'Correct the JSONata expression, or map a column by its name.',
  input_invalid: VALIDATE,
  batch_not_found: 'Check the batch id; execute_batch_processor gave it when the batch was started.',
  batch_state_invalid: 'Call monitor_batch_execution to see what state the batch is in.',
  batch_owned_elsewhere: 'Call monitor_batch_execution: another process is running the batch.',
  budget_unpriced: 'Leave max_cost_usd out, or choose an agent whose model has a known price; tell the person.',
  model_key_refused: 'Tell the person to set a valid API key and restart Rowmill.',
  store_unavailable: 'Tell the person: the data directory can not be used.',
  aborted: 'The call was cancelled; call the tool again if its answer is still wanted.',
};

/** What the caller of a tool should do about an error. */
export function adviceFor(error: AppError): string {
  const advice = ADVICE[error.code];
  if (advice !== undefined) return advice;
  return error.retryable ? 'Call the tool again in a minute.' : 'Tell the person what the message says.';
}
