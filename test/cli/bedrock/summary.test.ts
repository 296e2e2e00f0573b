import { expect, it } from 'vitest';
import type { Job } from '../../../src/cli/bedrock/batch-of-split.ts';
import { type ProcessedSplit, summarize } from '../../../src/cli/bedrock/summary.ts';

const split = (name: string, calls: { model_calls: number; batch_calls: number; jobs: number }): ProcessedSplit => {
  const { jobs, ...counts } = calls;
  const report = {
    ...{ ...counts, counts: { total: 1, succeeded: 0, failed: 0 }, cost_usd: 0, bill: { models: [] }, failures: {} },
    ...{ truncated_rows: 0, truncated_fields: {}, provider_jobs: Array.from({ length: jobs }, () => ({})) },
  };
  return { split: { name, files: [] }, report, output: null, files: [] } as unknown as ProcessedSplit;
};
const JOB = {
  folder: { prompts: { systemPrompt: '' }, emptySplits: [] },
  settings: { BEDROCK_PRIMARY_MODEL_ID: 'a.model' },
} as unknown as Job;
const sharesOf = (...processed: ProcessedSplit[]) => summarize('training', { processed, notStarted: [] }, JOB);

it.each([
  ['the call that goes ahead', { model_calls: 141, batch_calls: 140, jobs: 1 }, 1 / 141, 0],
  ['calls after the jobs', { model_calls: 141, batch_calls: 130, jobs: 1 }, 11 / 141, 10 / 140],
  ['a pause while the first job is open', { model_calls: 1, batch_calls: 0, jobs: 1 }, 1, 0],
  ['a batch without jobs', { model_calls: 5, batch_calls: 0, jobs: 0 }, 1, 0],
  ['a batch without calls', { model_calls: 0, batch_calls: 0, jobs: 0 }, 0, 0],
])('the shares of real time and of fallback of %s', (_name, calls, realtime, fallback) => {
  const summary = sharesOf(split('train', calls));
  expect([summary['realtime_share'], summary['fallback_share']]).toEqual([realtime, fallback]);
});

it('the share of fallback is one over all batches with jobs', () => {
  const job = split('train', { model_calls: 141, batch_calls: 130, jobs: 1 });
  const both = sharesOf(
    job,
    split('val', { model_calls: 61, batch_calls: 60, jobs: 2 }),
    split('test', { model_calls: 9, batch_calls: 0, jobs: 0 }),
  );
  expect(both).toMatchObject({ batch_calls: 190, realtime_calls: 21, fallback_share: 10 / 200 });
});
