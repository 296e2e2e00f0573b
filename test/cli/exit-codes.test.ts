import { describe, expect, it } from 'vitest';
import { exitCodeOfBatch, exitCodeOfError } from '../../src/cli/exit-codes.ts';
import type { BatchReport } from '../../src/runner/contract/report/report.ts';

const LINE = { tokens: 0, cost_usd: 0 };
const ATTEMPTS = { attempts: 0, cost_usd: 0 };
const BILL: BatchReport['bill'] = {
  ...{ input: LINE, output: LINE, cache_write: LINE, cache_read: LINE, models: [] },
  ...{ succeeded: ATTEMPTS, failed: ATTEMPTS, unfinished_cost_usd: 0 },
};

describe('the exit table', () => {
  const report = (change: Partial<BatchReport>): BatchReport => ({
    batch_id: 'bat_1',
    status: 'completed',
    pause_reason: null,
    unattended: false,
    error: null,
    ...{
      truncated_rows: 0,
      fallback: null,
      truncated_fields: {},
      executor: 'realtime',
      provider_jobs: [],
      name: null,
      created_by: null,
      batch_calls: 0,
      discount_usd: 0,
    },
    agent: 'a@v1',
    model: 'p/m',
    stand_in: null,
    source_uri: 'a.csv',
    source_files: null,
    continues: null,
    output_uri: null,
    counts: { total: 1, queued: 0, running: 0, succeeded: 1, failed: 0 },
    rows_per_second: null,
    eta_seconds: null,
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    model_calls: 1,
    cached_calls: 0,
    saved_usd: 0,
    tool_calls: 0,
    cost_usd: 0,
    cost_usd_at_most: 0,
    bill: BILL,
    estimate_rest: null,
    options: {
      ...{ concurrency: 10, max_cost_usd: null, priority: 5 },
      ...{ call_timeout_s: null, timeout_s: null, max_sends: null },
    },
    failures: [],
    warnings: [],
    created_at: '',
    started_at: null,
    ended_at: null,
    next_step: '',
    ...change,
  });
  const nothingRan = { total: 0, queued: 0, running: 0, succeeded: 0, failed: 0 };

  it.each([
    [{}, false, 0],
    [{ counts: { ...nothingRan, failed: 1 } }, false, 3],
    [{ status: 'failed', counts: { ...nothingRan, failed: 1 }, error: { code: 'internal', message: '' } }, false, 3],
    [{ status: 'failed', counts: nothingRan, error: { code: 'file_not_found', message: '' } }, false, 2],
    [{ status: 'failed', counts: nothingRan, error: { code: 'location_unavailable', message: '' } }, false, 1],
    [{ status: 'paused', pause_reason: 'budget' }, false, 4],
    [{ status: 'paused', pause_reason: 'fatal' }, false, 4],
    [{ status: 'paused', pause_reason: 'interrupted' }, true, 130],
    [{ status: 'cancelled' }, false, 5],
    [{ status: 'completed' }, true, 0],
  ] satisfies [Partial<BatchReport>, boolean, number][])(
    'maps %j (interrupted: %s) to %i',
    (change, interrupted, code) => {
      expect(exitCodeOfBatch(report(change), interrupted)).toBe(code);
    },
  );

  it('ends in 1 for a code that no row names', () => {
    expect(exitCodeOfError('store_unavailable')).toBe(1);
    expect(exitCodeOfError('invalid_arguments')).toBe(2);
    // Refusals of a server, which commands with --server show.
    for (const code of ['limit_exceeded', 'job_not_found', 'draft_conflict', 'input_invalid'] as const)
      expect([code, exitCodeOfError(code)]).toEqual([code, 2]);
  });
});
