import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
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
  type ProviderJobStatus,
  type ResultsOptions,
  type Submission,
} from '../provider-jobs/batch-api.ts';
import { createBodyEncoder } from '../provider-jobs/batch-encoder.ts';
import { readJsonLines } from '../provider-jobs/batch-lines.ts';
import { type Spool, spoolLines } from '../provider-jobs/batch-spool.ts';
import { inJobWords } from '../provider-jobs/job-faults.ts';
import { openOnUse } from '../provider-jobs/open-on-use.ts';
import { type BodyError, errorInBody } from '../shared/account-faults.ts';
import { filteredResponse, invalidResponse, lacksCredentials, toRefusalFault } from '../shared/service-faults.ts';
import { wireId } from '../shared/wire-id.ts';
import { type OpenClient, openClient } from './openai-client.ts';
import { toEmbeddingsBody, toVectorResponse } from './openai-embeddings.ts';
import { isFilter, meaningOf, toModelError } from './openai-errors.ts';
import { EMBEDDINGS } from './openai-models.ts';
import { type OpenAiOptions, SERVICE } from './openai-provider.ts';
import { OPENAI, toInput, toModelResponse, toRequestBody } from './openai-responses.ts';
import { toSentRequest, withStrictAnswer } from './openai-schema.ts';
import { toTools } from './openai-tools.ts';

/** Source: OpenAI's Batch API, rate limits. */
const LIMITS: BatchLimits = { maxRequests: 50_000, maxBytes: 200_000_000, hours: 24 };
/** The key of a job's metadata that names its submission. */
const SUBMISSION = 'rowmill_submission';
/** Timeouts of an upload or a download of 200 MB, and of every other call, in milliseconds. */
const FILE_TIMEOUT_MS = 1_800_000;
const TIMEOUT_MS = 60_000;

/** OpenAI's Batch API on the endpoint of each model: the answers are the same as in real time, at half the price. */
export function createOpenAiBatchApi({ apiKey, baseUrl, fetch, log }: OpenAiOptions): BatchApi {
  const encodeBody = createBodyEncoder(
    (request, isStrict) => toRequestBody(request, toTools(request.tools, isStrict)),
    'input',
    toInput,
  );
  return openOnUse({
    name: OPENAI,
    limits: LIMITS,
    encode(request, id, { isStrict = true } = {}) {
      const body = givesVectors(request.model)
        ? JSON.stringify(toEmbeddingsBody(request))
        : encodeBody(toSentRequest(request, isStrict), isStrict);
      return `{"custom_id":"${id}","method":"POST","url":"${endpointOf(request.model)}","body":${body}}`;
    },
    open: async () => {
      if (apiKey === undefined || apiKey.trim() === '') throw lacksCredentials(SERVICE, "OpenAI's Batch API");
      // Bodies are files here, which the lean fetch would pass to the global `fetch` anyway.
      return openClient({ apiKey, baseUrl, fetch: fetch ?? globalThis.fetch, log });
    },
    ...{ submit, results, cancel, find },
    status: async (opened, jobId, signal) => toStatus(await retrieve(opened, jobId, signal)),
    close: (opened) => opened.close(),
  });
}

function givesVectors(model: string): boolean {
  return EMBEDDINGS.test(model);
}

/** A job has one endpoint, as it has one model. */
function endpointOf(model: string): '/v1/embeddings' | '/v1/responses' {
  return givesVectors(model) ? '/v1/embeddings' : '/v1/responses';
}

function faultOf(thrown: unknown, { sdk }: OpenClient, model: string, jobId?: string): AppError {
  const call = { service: SERVICE.name, address: SERVICE.address, ...(jobId === undefined ? {} : { jobId }) };
  return inJobWords(toModelError(thrown, sdk, { service: SERVICE, model, now: Date.now() }), call);
}

async function submit(opened: OpenClient, submission: Submission): Promise<{ jobId: string }> {
  const { requests, submissionId, model, signal, beforeCreate } = submission;
  const spool = await spoolLines(requests, { limits: LIMITS, signal });
  let fileId: string;
  try {
    fileId = await upload(opened, spool, submission);
  } catch (thrown) {
    throw createdNothing(faultOf(thrown, opened, model));
  } finally {
    await spool.remove();
  }
  await beforeCreate();
  try {
    const created: unknown = await opened.client.batches.create(
      {
        input_file_id: fileId,
        endpoint: endpointOf(model),
        completion_window: '24h',
        metadata: { [SUBMISSION]: submissionId },
      },
      { signal, timeout: TIMEOUT_MS },
    );
    const { success, data } = wireBatch.safeParse(created);
    if (!success) throw invalidResponse(SERVICE.name, 'a created batch has no id');
    return { jobId: data.id };
  } catch (thrown) {
    throw mayHaveCreated(faultOf(thrown, opened, model));
  }
}

async function upload({ client }: OpenClient, spool: Spool, { submissionId, signal }: Submission): Promise<string> {
  const file = new File([await spool.blob('application/jsonl')], `${submissionId}.jsonl`);
  const created = await client.files.create({ file, purpose: 'batch' }, { signal, timeout: FILE_TIMEOUT_MS });
  const id = wireId.parse(created.id);
  if (id === undefined) throw invalidResponse(SERVICE.name, 'an uploaded file has no id');
  return id;
}

const wireBatch = z.looseObject({
  id: z.string().min(1),
  status: z.string().default('validating'),
  output_file_id: wireId,
  error_file_id: wireId,
  errors: z
    .looseObject({
      data: z.array(z.looseObject({ message: z.string().nullish(), line: z.number().nullish() })).nullish(),
    })
    .nullish(),
  request_counts: z.looseObject({ total: z.number(), completed: z.number(), failed: z.number() }).nullish(),
});
type WireBatch = z.infer<typeof wireBatch>;

async function retrieve(opened: OpenClient, jobId: string, signal: AbortSignal): Promise<WireBatch> {
  try {
    const found: unknown = await opened.client.batches.retrieve(jobId, { signal, timeout: TIMEOUT_MS });
    const { success, data } = wireBatch.safeParse(found);
    if (!success) throw invalidResponse(SERVICE.name, 'a batch has no id');
    return data;
  } catch (thrown) {
    throw createdNothing(faultOf(thrown, opened, jobId, jobId));
  }
}

const STATES: Record<string, ProviderJobStatus['state']> = {
  validating: 'queued',
  in_progress: 'running',
  finalizing: 'running',
  cancelling: 'running',
  completed: 'ended',
  failed: 'failed',
  expired: 'expired',
  cancelled: 'cancelled',
};

function toStatus(batch: WireBatch): ProviderJobStatus {
  const { request_counts: reported, errors } = batch;
  const reasons = (errors?.data ?? []).slice(0, 3).map(({ message, line }) => {
    return `${typeof line === 'number' ? `line ${line}: ` : ''}${message ?? 'no reason given'}`;
  });
  return {
    // An unknown state is treated as running.
    state: STATES[batch.status] ?? 'running',
    ...(reported ? { counts: { total: reported.total, answered: reported.completed, failed: reported.failed } } : {}),
    ...(reasons.length > 0 ? { reason: reasons.join('; ') } : {}),
  };
}

async function cancel(opened: OpenClient, jobId: string, signal: AbortSignal): Promise<void> {
  const { status } = await retrieve(opened, jobId, signal);
  if (!['validating', 'in_progress', 'finalizing'].includes(status)) return;
  try {
    await opened.client.batches.cancel(jobId, { signal, timeout: TIMEOUT_MS });
  } catch (thrown) {
    // The job may have ended in between.
    if (thrown instanceof opened.sdk.APIError && (thrown.status === 400 || thrown.status === 409)) return;
    throw createdNothing(faultOf(thrown, opened, jobId, jobId));
  }
}

/** The output file and the error file: a job that is `completed` may have rows in either. */
async function* results(opened: OpenClient, jobId: string, options: ResultsOptions): AsyncGenerator<BatchResult> {
  const { model, signal } = options;
  const batch = await retrieve(opened, jobId, signal);
  if (['queued', 'running'].includes(toStatus(batch).state)) {
    throw new AppError('batch_state_invalid', `The batch ${jobId} has no results before it has ended.`);
  }
  for (const fileId of [batch.output_file_id, batch.error_file_id]) {
    if (fileId === undefined) continue;
    try {
      const response = await opened.client.files.content(fileId, { signal, timeout: FILE_TIMEOUT_MS });
      if (response.body === null) continue;
      for await (const line of readJsonLines(response.body)) {
        const { success, data } = wireResult.safeParse(line);
        if (success) yield { id: data.custom_id, outcome: toOutcome(data, { ...options, opened }) };
      }
    } catch (thrown) {
      throw createdNothing(faultOf(thrown, opened, model, jobId));
    }
  }
}

const wireFault = z.looseObject({
  code: z.union([z.string(), z.number()]).nullish(),
  message: z.string().nullish(),
});
const wireResult = z.looseObject({
  custom_id: z.string().min(1),
  response: z
    .looseObject({
      status_code: z.number().default(200),
      request_id: wireId,
      body: z.unknown().optional(),
    })
    .nullish(),
  error: wireFault.nullish(),
});

type Reading = Pick<ResultsOptions, 'model' | 'tools' | 'answer'> & { opened: OpenClient };

function toOutcome({ response, error }: z.infer<typeof wireResult>, reading: Reading): BatchOutcome {
  const { opened, model, tools } = reading;
  if (error?.code === 'batch_expired') return { kind: 'expired' };
  if (error?.code === 'batch_cancelled') return { kind: 'cancelled' };
  const inBody = errorInBody(response?.body);
  const isAnswer = response !== undefined && response !== null && isSuccess(response.status_code);
  if (!isAnswer || (inBody !== undefined && isWithoutAnswer(response.body))) {
    const status = isAnswer ? inBody?.status : response?.status_code;
    // Lines of the error file can have the status 0 and no body: the request was not processed.
    return toRefusedOutcome(inBody ?? errorInBody({ error }), { status: status || 500, model });
  }
  try {
    const context = { service: SERVICE, model, requestId: response.request_id };
    const answer = givesVectors(model)
      ? toVectorResponse(response.body, { ...context, tools })
      : toModelResponse(response.body, { ...context, tools: toTools(tools, true) });
    const spec = tools.find(({ name }) => name === reading.answer?.tool);
    return { kind: 'answered', response: withStrictAnswer(answer, spec) };
  } catch (thrown) {
    return { kind: 'error', error: faultOf(thrown, opened, model) };
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** A whole answer has a field `error` too, which is null. */
function isWithoutAnswer(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !('output' in body) && !('data' in body);
}

function toRefusedOutcome(
  error: BodyError | undefined,
  { status, model }: { status: number; model: string },
): BatchOutcome {
  const { codes, said } = error ?? { codes: [], said: 'it did not say why' };
  const code = codes.find((one) => typeof one === 'string') as string | undefined;
  if (isFilter(code)) return { kind: 'answered', response: filteredResponse(model, `${code}: ${said}`) };
  const refusal = { status, said, code: meaningOf(code, said), codes, cause: error };
  return { kind: 'error', error: createdNothing(toRefusalFault(SERVICE, model, refusal)) };
}

/** Reads all pages: the order of the list is not promised, and a job that is missed would be paid for twice. */
async function find(
  opened: OpenClient,
  submissionId: string,
  { otherJobs, signal }: FindWindow,
): Promise<FoundProviderJob> {
  const found: string[] = [];
  try {
    for await (const batch of opened.client.batches.list({ limit: 100 }, { signal, timeout: TIMEOUT_MS })) {
      if (batch.metadata?.[SUBMISSION] === submissionId && batch.id && !otherJobs?.has(batch.id)) found.push(batch.id);
    }
  } catch (thrown) {
    throw createdNothing(faultOf(thrown, opened, 'the list of batches'));
  }
  return oneOf(found);
}
