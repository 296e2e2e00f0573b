import type { BatchOptions } from '../../../src/runner/contract/request/options.ts';
import type { ReadingOptions } from '../../../src/runner/contract/request/reading.ts';

/** A value of each option that is not its default, and its flags on the command line. */
export const OPTION_VALUES: Record<string, { value: BatchOptions[keyof BatchOptions]; flags: string[] }> = {
  sample: { value: 1, flags: ['--sample', '1'] },
  random: { value: true, flags: ['--random'] },
  max_cost_usd: { value: 3.5, flags: ['--max-cost', '3.5'] },
  tolerated_failure_percent: { value: 12.5, flags: ['--tolerate', '12.5'] },
  concurrency: { value: 7, flags: ['--concurrency', '7'] },
  priority: { value: 8, flags: ['--priority', '8'] },
  call_timeout_s: { value: 12.5, flags: ['--call-timeout', '12.5'] },
  timeout_s: { value: 90, flags: ['--timeout', '90'] },
  max_sends: { value: 3, flags: ['--max-sends', '3'] },
  idempotency_key: { value: 'only-once', flags: ['--idempotency-key', 'only-once'] },
  spreadsheet_safe: { value: true, flags: ['--spreadsheet-safe'] },
  bom: { value: true, flags: ['--bom'] },
  out_delimiter: { value: ';', flags: ['--out-delimiter', ';'] },
  overwrite: { value: true, flags: ['--overwrite'] },
  allow_empty: { value: true, flags: ['--allow-empty'] },
  mode: { value: 'realtime', flags: ['--mode', 'realtime'] },
  batch_threshold: { value: 50, flags: ['--batch-threshold', '50'] },
  batch_deadline_hours: { value: 6.5, flags: ['--batch-deadline', '6.5'] },
  fallback: { value: false, flags: ['--no-fallback'] },
  batch_job_requests: { value: 40, flags: ['--batch-job-requests', '40'] },
  batch_jobs: { value: 3, flags: ['--batch-jobs', '3'] },
  cache: { value: 'batch', flags: ['--cache', 'batch'] },
  trace: { value: 'failures', flags: ['--trace', 'failures'] },
  trace_days: { value: 9, flags: ['--trace-days', '9'] },
};

/** A value of each option for reading a table that is not its default, and its flags on the command line. */
export const READING_VALUES: Record<string, { value: ReadingOptions[keyof ReadingOptions]; flags: string[] }> = {
  delimiter: { value: ';', flags: ['--delimiter', ';'] },
  encoding: { value: 'windows-1251', flags: ['--encoding', 'windows-1251'] },
  header: { value: false, flags: ['--no-header'] },
  skip_lines: { value: 1, flags: ['--skip-lines', '1'] },
  quote: { value: "'", flags: ['--quote', "'"] },
  escape: { value: '\\', flags: ['--escape', '\\'] },
  comment: { value: '#', flags: ['--comment', '#'] },
  decimal_comma: { value: true, flags: ['--decimal-comma'] },
};

/** The same of each option for reading a collection, whose documents have the fields `name` and `priority`. */
export const COLLECTION_VALUES: typeof READING_VALUES = {
  filter: { value: '{"priority": {"$gte": 1}}', flags: ['--filter', '{"priority": {"$gte": 1}}'] },
  sort: { value: '{"priority": -1}', flags: ['--sort', '{"priority": -1}'] },
  columns: { value: 'name,priority', flags: ['--columns', 'name,priority'] },
  limit: { value: 5, flags: ['--limit', '5'] },
  batch_size: { value: 3, flags: ['--batch-size', '3'] },
  max_attempts: { value: 4, flags: ['--max-attempts', '4'] },
  watch: { value: true, flags: ['--watch'] },
};
