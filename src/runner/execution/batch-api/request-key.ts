import { isOfSubmission, requestId } from '../../../providers/provider-jobs/batch-api.ts';
import type { ProviderJobRow } from '../../../storage/provider-jobs.ts';

/**
 * The id of a row's request in a job: it contains the row, the attempt and the turn. A stored format: open provider jobs of
 * older versions carry these ids, and a result whose id is not recognised is paid for twice.
 */
export function toRequestId(jobId: string, { row, attempt, turn }: ProviderJobRow): string {
  return requestId(jobId, `${row}-${attempt}-${turn}`);
}

/** Parses an id of {@link toRequestId}; undefined for an id that is not of this job. */
export function fromRequestId(jobId: string, id: string): ProviderJobRow | undefined {
  const match = isOfSubmission(id, jobId) ? /^-(\d+)-(\d+)-(\d+)$/.exec(id.slice(jobId.length)) : null;
  if (match === null) return undefined;
  const [, row, attempt, turn] = match.map(Number);
  if (row === undefined || attempt === undefined || turn === undefined) return undefined;
  return { row, attempt, turn };
}
