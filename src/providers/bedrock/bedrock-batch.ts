import { createHash } from 'node:crypto';
import type { BedrockClient, GetModelInvocationJobResponse } from '@aws-sdk/client-bedrock';
import type { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { toMessageParams, toModelResponse, toRequestBody } from '../anthropic/anthropic-messages.ts';
import { withPrefill } from '../anthropic/prefill.ts';
import {
  type BatchApi,
  type BatchLimits,
  type BatchOutcome,
  type BatchResult,
  createdNothing,
  type FindWindow,
  type FoundProviderJob,
  mayHaveCreated,
  oneOf,
  type ResultsOptions,
  type Submission,
} from '../provider-jobs/batch-api.ts';
import { createBodyEncoder } from '../provider-jobs/batch-encoder.ts';
import { spoolLines } from '../provider-jobs/batch-spool.ts';
import { openOnUse } from '../provider-jobs/open-on-use.ts';
import { type SentRequest, withAnswerCall } from '../shared/answer-format.ts';
import { invalidResponse, toRefusalFault } from '../shared/service-faults.ts';
import { BEDROCK_BATCH, toBedrockFault } from './bedrock-batch-faults.ts';
import { listKeys, parseS3Folder, readObjectLines, type S3Folder, uploadSpool } from './bedrock-batch-files.ts';
import { countsOf, folderOf, isOver, toStatus } from './bedrock-batch-status.ts';
import { toSentRequest } from './bedrock-format.ts';

/** Reported defaults; the real ones are in Service Quotas. A job below the minimum is created, and fails later. */
/** Hours after which Bedrock ends a job, where nothing else is set. */
const DEFAULT_HOURS = 24;
const LIMITS: BatchLimits = { maxRequests: 50_000, maxBytes: 1_000_000_000, minRequests: 100 };
/** Timeout of one call to Bedrock, in milliseconds. */
const TIMEOUT_MS = 120_000;

/** What {@link createBedrockBatchApi} takes. */
export interface BedrockBatchOptions {
  /** The role that Bedrock assumes to read and write the folders. */
  roleArn: string;
  /** `s3://bucket/prefix`, for requests and for results. */
  inputUri: string;
  outputUri: string;
  /** A model that is called through an inference profile. */
  inferenceProfile?: { model: string; profile: string };
  /** 24 to 168; default 24. */
  timeoutHours?: number;
  region?: string;
  /** Default: the SDK's own search. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** Default: AWS. */
  endpoint?: string;
  s3Endpoint?: string;
  limits?: Partial<BatchLimits>;
}

interface Opened {
  sdk: typeof import('@aws-sdk/client-bedrock');
  bedrock: BedrockClient;
  s3: S3Client;
  input: S3Folder;
  output: S3Folder;
}

/**
 * Bedrock's batch inference with the InvokeModel bodies of Anthropic's models, which are the only ones that it encodes.
 * Creating is idempotent by the submission; a job's id is its full ARN.
 */
export function createBedrockBatchApi(options: BedrockBatchOptions): BatchApi {
  const encodeInput = createBodyEncoder(toModelInput, 'messages', toMessageParams);
  const limits = { ...LIMITS, hours: options.timeoutHours ?? DEFAULT_HOURS, ...options.limits };
  return openOnUse({
    name: 'bedrock',
    limits,
    omitsUnrun: true,
    encode: (request, id, { isStrict = false } = {}) =>
      `{"recordId":"${id}","modelInput":${encodeInput(toSentRequest(request, isStrict), isStrict)}}`,
    open: () => open(options),
    submit: (opened, submission) => submit(opened, submission, { ...options, limits }),
    async status(opened, jobId, signal) {
      const job = await retrieve(opened, jobId, signal);
      return toStatus(job, await countsOf(opened.s3, job, signal));
    },
    ...{ results, cancel, find },
    close({ bedrock, s3 }) {
      bedrock.destroy();
      s3.destroy();
    },
  });
}

async function open(options: BedrockBatchOptions): Promise<Opened> {
  const { region, credentials, endpoint, s3Endpoint } = options;
  const [sdk, { S3Client }] = await Promise.all([import('@aws-sdk/client-bedrock'), import('@aws-sdk/client-s3')]);
  // A repeated create would be the same job, but the runner still owns retries.
  const shared = { ...(region === undefined ? {} : { region }), ...(credentials === undefined ? {} : { credentials }) };
  const bedrock = new sdk.BedrockClient({
    ...shared,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 10_000, requestTimeout: TIMEOUT_MS },
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  const s3 = new S3Client({
    ...shared,
    // Streams with a trailing checksum are refused by servers that are not AWS.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(s3Endpoint === undefined ? {} : { endpoint: s3Endpoint, forcePathStyle: true }),
  });
  return { sdk, bedrock, s3, input: parseS3Folder(options.inputUri), output: parseS3Folder(options.outputUri) };
}

/** The body of InvokeModel: the job names the model, and batch inference has no use for cache marks. */
function toModelInput(request: SentRequest, isStrict: boolean): object {
  if (!/anthropic\.|^arn:/.test(request.model)) {
    const text = `Batch inference is built for Anthropic's models on Bedrock; ${request.model} runs in real time.`;
    throw new AppError('model_request_invalid', text);
  }
  const { model: _model, system, tools, ...body } = toRequestBody(request, isStrict);
  const plain = <Part extends object>(parts: readonly Part[]) =>
    parts.map((part) => ({ ...part, cache_control: undefined }));
  return {
    anthropic_version: 'bedrock-2023-05-31',
    ...body,
    ...(system === undefined ? {} : { system: Array.isArray(system) ? plain(system) : system }),
    ...(tools === undefined ? {} : { tools: plain(tools) }),
  };
}

/** `[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}`, 63 characters at most: a dot replaces `_`. */
function jobNameOf(submissionId: string): string {
  return `rowmill-${submissionId.replaceAll('_', '.')}`;
}

async function submit(
  opened: Opened,
  submission: Submission,
  { roleArn, timeoutHours = DEFAULT_HOURS, inferenceProfile, limits }: BedrockBatchOptions & { limits: BatchLimits },
): Promise<{ jobId: string }> {
  const { sdk, bedrock, s3, input, output } = opened;
  const { requests, submissionId, model, signal, beforeCreate } = submission;
  const key = `${input.prefix}${submissionId}/requests.jsonl`;
  const spool = await spoolLines(requests, { limits, signal });
  try {
    await uploadSpool(s3, spool, { bucket: input.bucket, key, signal });
  } catch (thrown) {
    throw createdNothing(toBedrockFault(thrown, { place: `s3://${input.bucket}/${key}`, signal }));
  } finally {
    await spool.remove();
  }
  const command = new sdk.CreateModelInvocationJobCommand({
    jobName: jobNameOf(submissionId),
    clientRequestToken: createHash('sha256').update(submissionId).digest('hex'),
    roleArn,
    modelId: model === inferenceProfile?.model ? inferenceProfile.profile : model,
    timeoutDurationInHours: timeoutHours,
    inputDataConfig: { s3InputDataConfig: { s3InputFormat: 'JSONL', s3Uri: `s3://${input.bucket}/${key}` } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${output.bucket}/${output.prefix}${submissionId}/` } },
  });
  await beforeCreate();
  try {
    const { jobArn } = await bedrock.send(command, { abortSignal: signal });
    if (!jobArn) throw invalidResponse(BEDROCK_BATCH.name, 'a created job has no ARN');
    return { jobId: jobArn };
  } catch (thrown) {
    throw mayHaveCreated(toBedrockFault(thrown, { place: model, signal }));
  }
}

async function retrieve(opened: Opened, jobId: string, signal: AbortSignal): Promise<GetModelInvocationJobResponse> {
  const { sdk, bedrock } = opened;
  try {
    const command = new sdk.GetModelInvocationJobCommand({ jobIdentifier: jobId });
    return await bedrock.send(command, { abortSignal: signal });
  } catch (thrown) {
    throw createdNothing(toBedrockFault(thrown, { place: jobId, signal }));
  }
}

async function cancel(opened: Opened, jobId: string, signal: AbortSignal): Promise<void> {
  const { sdk, bedrock } = opened;
  const job = await retrieve(opened, jobId, signal);
  if (isOver(job) || job.status === 'Stopping') return;
  try {
    await bedrock.send(new sdk.StopModelInvocationJobCommand({ jobIdentifier: jobId }), { abortSignal: signal });
  } catch (thrown) {
    // The job may have ended in between.
    if (thrown instanceof sdk.ConflictException || thrown instanceof sdk.ValidationException) return;
    throw createdNothing(toBedrockFault(thrown, { place: jobId, signal }));
  }
}

async function* results(opened: Opened, jobId: string, options: ResultsOptions): AsyncGenerator<BatchResult> {
  const { signal } = options;
  const job = await retrieve(opened, jobId, signal);
  if (!isOver(job)) {
    throw new AppError('batch_state_invalid', `The batch ${jobId} has no results before it has ended.`);
  }
  const { bucket, ...folder } = folderOf(job);
  try {
    for (const key of await listKeys(opened.s3, { bucket, ...folder }, { ending: '.jsonl.out', signal })) {
      for await (const line of readObjectLines(opened.s3, { bucket, key, signal })) {
        const { success, data } = wireResult.safeParse(line);
        if (success) yield { id: data.recordId, outcome: toOutcome(data, options) };
      }
    }
  } catch (thrown) {
    throw createdNothing(toBedrockFault(thrown, { place: `s3://${bucket}/${folder.prefix}`, signal }));
  }
}

const wireResult = z.looseObject({
  recordId: z.string().min(1),
  modelOutput: z.unknown().optional(),
  error: z.looseObject({ errorCode: z.coerce.number().default(500), errorMessage: z.string().default('') }).nullish(),
});

function toOutcome({ modelOutput, error }: z.infer<typeof wireResult>, options: ResultsOptions): BatchOutcome {
  if (error) {
    const { errorCode: status, errorMessage: said } = error;
    const refusal = toRefusalFault(BEDROCK_BATCH, options.model, { status, said, cause: error });
    return { kind: 'error', error: createdNothing(refusal) };
  }
  try {
    const response = withPrefill(toModelResponse(modelOutput, undefined), options);
    return { kind: 'answered', response: withAnswerCall(response, options.answer?.tool) };
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    return { kind: 'error', error: thrown };
  }
}

async function find(
  opened: Opened,
  submissionId: string,
  { otherJobs, signal }: FindWindow,
): Promise<FoundProviderJob> {
  const { sdk, bedrock } = opened;
  const nameContains = jobNameOf(submissionId);
  const found: string[] = [];
  try {
    const query = { nameContains, maxResults: 100 };
    const pages = sdk.paginateListModelInvocationJobs({ client: bedrock }, query, { abortSignal: signal });
    for await (const { invocationJobSummaries = [] } of pages) {
      for (const { jobName, jobArn } of invocationJobSummaries) {
        if (jobName === nameContains && jobArn && !otherJobs?.has(jobArn)) found.push(jobArn);
      }
    }
  } catch (thrown) {
    throw createdNothing(toBedrockFault(thrown, { place: 'the list of jobs', signal }));
  }
  return oneOf(found);
}
