import type { GetModelInvocationJobResponse } from '@aws-sdk/client-bedrock';
import type { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { createdNothing, type ProviderJobCounts, type ProviderJobStatus } from '../provider-jobs/batch-api.ts';
import { toBedrockFault } from './bedrock-batch-faults.ts';
import { listKeys, parseS3Folder, readObjectLines, type S3Folder } from './bedrock-batch-files.ts';

const STATES: Record<string, ProviderJobStatus['state']> = {
  Submitted: 'queued',
  Validating: 'queued',
  Scheduled: 'queued',
  InProgress: 'running',
  Stopping: 'running',
  Completed: 'ended',
  PartiallyCompleted: 'ended',
  Failed: 'failed',
  Stopped: 'cancelled',
  Expired: 'expired',
};

/** An unknown state is treated as running. */
function stateOf({ status }: GetModelInvocationJobResponse): ProviderJobStatus['state'] {
  return STATES[status ?? ''] ?? 'running';
}

/** Whether a job has ended. */
export function isOver(job: GetModelInvocationJobResponse): boolean {
  return stateOf(job) !== 'queued' && stateOf(job) !== 'running';
}

/** The answer about a job as a {@link ProviderJobStatus}. */
export function toStatus(job: GetModelInvocationJobResponse, counts: ProviderJobCounts | undefined): ProviderJobStatus {
  const { message } = job;
  return {
    state: stateOf(job),
    ...(counts === undefined ? {} : { counts }),
    ...(message === undefined || message === '' ? {} : { reason: message }),
  };
}

/** The folder where a job writes: it has the job's name, inside the folder that the job was given. */
export function folderOf(job: GetModelInvocationJobResponse): S3Folder {
  const folder = parseS3Folder(job.outputDataConfig?.s3OutputDataConfig?.s3Uri ?? '');
  return { ...folder, prefix: `${folder.prefix}${job.jobArn?.split('/').at(-1)}/` };
}

const wireManifest = z.looseObject({
  totalRecordCount: z.number(),
  successRecordCount: z.number().default(0),
  errorRecordCount: z.number().default(0),
});

/** The counts that the job reports, or those of its manifest where an older answer has none. */
export async function countsOf(
  s3: S3Client,
  job: GetModelInvocationJobResponse,
  signal: AbortSignal,
): Promise<ProviderJobCounts | undefined> {
  const { totalRecordCount: total, successRecordCount = 0, errorRecordCount = 0 } = job;
  if (total !== undefined) return { total, answered: successRecordCount, failed: errorRecordCount };
  if (!isOver(job)) return undefined;
  const folder = folderOf(job);
  try {
    const [key] = await listKeys(s3, folder, { ending: 'manifest.json.out', signal });
    if (key === undefined) return undefined;
    for await (const line of readObjectLines(s3, { bucket: folder.bucket, key, signal })) {
      const { success, data } = wireManifest.safeParse(line);
      if (!success) continue;
      return { total: data.totalRecordCount, answered: data.successRecordCount, failed: data.errorRecordCount };
    }
    return undefined;
  } catch (thrown) {
    throw createdNothing(toBedrockFault(thrown, { place: `s3://${folder.bucket}/${folder.prefix}`, signal }));
  }
}
