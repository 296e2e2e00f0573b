import { expect, it } from 'vitest';
import { providerJobReport, providerJobText } from '../../../src/runner/output/provider-job-report.ts';
import type { ProviderJobRecord } from '../../../src/storage/provider-jobs.ts';

const at = Date.parse('2026-11-28T22:30:00Z');
const JOB: ProviderJobRecord = {
  ...{ id: 'job_1', provider: 'anthropic', providerJobId: 'msgbatch_1', model: 'claude-haiku-5-5' },
  ...{ state: 'open', stage: null, requests: 1200, bytes: 9, error: null, createdAt: at, endedAt: null },
  ...{ submittedAt: at, deadlineAt: at + 86_400_000, reported: null, tally: { answered: 0, refused: 0, missing: 0 } },
};

it.each<[string, Partial<ProviderJobRecord>, string, string | undefined]>([
  ['is written', { state: 'building' }, 'writing', 'requests are being written'],
  ['is uploaded', { state: 'building', stage: 'uploading' }, 'uploading', '1,200 requests are being uploaded'],
  ['is created', { state: 'creating' }, 'creating', '1,200 requests are written, and the job is being created'],
  ['waits', {}, 'waiting', 'at the provider since 2026-11-28 22:30 UTC, 1,200 requests, ends by 2026-11-29 22:30 UTC'],
  ['is read', { stage: 'reading' }, 'reading', 'the answers to 1,200 requests are being read'],
  ['has ended', { state: 'done', stage: 'reading' }, 'ended', undefined],
])('says that a job %s', (_name, fields, stage, text) => {
  const report = providerJobReport({ ...JOB, ...fields });
  expect([report.stage, providerJobText(report)]).toEqual([stage, text]);
});
