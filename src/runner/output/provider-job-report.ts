import { isoTime } from '../../base/clock.ts';
import { count, counted } from '../../base/figures.ts';
import type { ProviderJobRecord } from '../../storage/provider-jobs.ts';
import type { ProviderJobReport } from '../contract/report/report.ts';

/** A stored job as faces show it. */
export function providerJobReport(job: ProviderJobRecord): ProviderJobReport {
  const { id, providerJobId, model, state, requests, tally, reported, error } = job;
  return {
    id,
    provider_job_id: providerJobId,
    model,
    status: state,
    stage: stageOf(job),
    requests,
    ...tally,
    reported: reported === null ? null : { answered: reported.answered, total: reported.total },
    since: isoTime(job.submittedAt),
    deadline: isoTime(job.deadlineAt),
    error: error?.message ?? null,
  };
}

function stageOf({ state, stage }: ProviderJobRecord): ProviderJobReport['stage'] {
  switch (state) {
    case 'building':
      return stage === 'uploading' ? 'uploading' : 'writing';
    case 'creating':
      return 'creating';
    case 'open':
      return stage === 'reading' ? 'reading' : 'waiting';
    default:
      return 'ended';
  }
}

/** Where a job that has not ended stands, in words; undefined for one that has. */
export function providerJobText(job: ProviderJobReport): string | undefined {
  const requests = counted(job.requests, 'request');
  switch (job.stage) {
    case 'writing':
      return 'requests are being written';
    case 'uploading':
      return `${requests} are being uploaded`;
    case 'creating':
      return `${requests} are written, and the job is being created`;
    case 'waiting': {
      const { answered, total } = job.reported ?? {};
      const progress =
        total === undefined || total === 0 ? requests : `${count(answered ?? 0)} of ${count(total)} answered`;
      const end = job.deadline === null ? '' : `, ends by ${minute(job.deadline)}`;
      return `at the provider since ${job.since === null ? 'an unknown time' : minute(job.since)}, ${progress}${end}`;
    }
    case 'reading':
      return `the answers to ${requests} are being read`;
    case 'ended':
      return undefined;
  }
}

/** `2026-11-28 22:30 UTC` */
function minute(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
