import type Anthropic from '@anthropic-ai/sdk';
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import {
  type BatchApi,
  type BatchLimits,
  type BatchOutcome,
  type BatchResult,
  CLOCK_SKEW_MS,
  createdNothing,
  type FindWindow,
  type FoundProviderJob,
  isOfSubmission,
  mayHaveCreated,
  oneOf,
  type ProviderJobStatus,
  type ResultsOptions,
  type Submission,
} from '../provider-jobs/batch-api.ts';
import { createBodyEncoder } from '../provider-jobs/batch-encoder.ts';
import { readJsonLines } from '../provider-jobs/batch-lines.ts';
import { spoolLines } from '../provider-jobs/batch-spool.ts';
import { inJobWords } from '../provider-jobs/job-faults.ts';
import { openOnUse } from '../provider-jobs/open-on-use.ts';
import { accountFault } from '../shared/account-faults.ts';
import { type SentRequest, withAnswerCall } from '../shared/answer-format.ts';
import { toRefusalFault, withoutStop } from '../shared/service-faults.ts';
import { wireId } from '../shared/wire-id.ts';
import { SERVICE, toModelError } from './anthropic-errors.ts';
import { invalidResponse, toMessageParams, toModelResponse, toRequestBody } from './anthropic-messages.ts';
import { toSentRequest } from './anthropic-tools.ts';
import { withPrefill } from './prefill.ts';

type Sdk = typeof import('@anthropic-ai/sdk');

/** Source: Message Batches, limitations. */
const LIMITS: BatchLimits = { maxRequests: 100_000, maxBytes: 256_000_000, hours: 24 };
const FRAME = { head: '{"requests":[', separator: ',\n', tail: ']}' };
const ROUTE = '/v1/messages/batches';
/** Timeouts of an upload of 256 MB, and of every other call, in milliseconds. */
const UPLOAD_TIMEOUT_MS = 1_800_000;
const TIMEOUT_MS = 60_000;

/** What {@link createAnthropicBatchApi} takes. */
export interface AnthropicBatchOptions {
  apiKey?: string | undefined;
  baseUrl?: string | undefined;
  fetch?: typeof fetch;
}

interface Opened {
  sdk: Sdk;
  client: Anthropic;
}

/**
 * Message Batches. They have neither an idempotency key nor metadata: a lost job is found by its creation time and by
 * the `custom_id` of one of its results, which can be read once it has ended.
 */
export function createAnthropicBatchApi(options: AnthropicBatchOptions): BatchApi {
  const encodeParams = createBodyEncoder(toParams, 'messages', toMessageParams);
  return openOnUse({
    name: 'anthropic',
    limits: LIMITS,
    encode: (request, id, { isStrict = true } = {}) =>
      `{"custom_id":"${id}","params":${encodeParams(toSentRequest(request, isStrict), isStrict)}}`,
    open: () => open(options),
    ...{ submit, status, results, cancel, find },
  });
}

async function open({ apiKey, baseUrl, fetch }: AnthropicBatchOptions): Promise<Opened> {
  if (apiKey === undefined || apiKey.trim() === '') {
    throw new AppError('model_key_refused', 'Message Batches need a key: set ANTHROPIC_API_KEY.');
  }
  const sdk = await import('@anthropic-ai/sdk');
  const client = new sdk.Anthropic({
    apiKey,
    authToken: null,
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    // Bodies are files here, which the lean fetch would pass to the global `fetch` anyway.
    fetch: fetch ?? globalThis.fetch,
    maxRetries: 0,
    logLevel: 'off',
    openTelemetry: false,
  });
  return { sdk, client };
}

function faultOf(thrown: unknown, sdk: Sdk, { model, jobId }: { model: string; jobId?: string }): AppError {
  const call = { service: 'Anthropic', address: 'ANTHROPIC_BASE_URL', ...(jobId === undefined ? {} : { jobId }) };
  return inJobWords(toModelError(thrown, sdk, { model, now: Date.now() }), call);
}

/** The prompts of a job are hours apart: cached parts must live an hour. */
function toParams(request: SentRequest, isStrict: boolean): object {
  const hour = { type: 'ephemeral', ttl: '1h' };
  const body = toRequestBody(request, isStrict);
  const lasting = <Part extends object>(parts: readonly Part[]) =>
    parts.map((part) => ('cache_control' in part && part.cache_control ? { ...part, cache_control: hour } : part));
  return {
    ...body,
    ...(Array.isArray(body.system) ? { system: lasting(body.system) } : {}),
    ...(body.tools === undefined ? {} : { tools: lasting(body.tools) }),
  };
}

async function submit({ sdk, client }: Opened, submission: Submission): Promise<{ jobId: string }> {
  const { requests, model, signal, beforeCreate } = submission;
  const spool = await spoolLines(requests, { limits: LIMITS, signal, frame: FRAME });
  try {
    await beforeCreate();
  } catch (thrown) {
    await spool.remove();
    throw thrown;
  }
  try {
    // `batches.create` is this call with the requests as objects, all of them in memory.
    const body = await spool.blob('application/json');
    const created = await client.post<unknown>(ROUTE, { body, signal, timeout: UPLOAD_TIMEOUT_MS });
    const { success, data } = wireBatch.safeParse(created);
    if (!success) throw invalidResponse('a created batch has no id');
    return { jobId: data.id };
  } catch (thrown) {
    throw mayHaveCreated(faultOf(thrown, sdk, { model }));
  } finally {
    await spool.remove();
  }
}

const wireBatch = z.looseObject({
  id: z.string().min(1),
  processing_status: z.string().default('in_progress'),
  created_at: z.string().default(''),
  cancel_initiated_at: z.string().nullish(),
  results_url: z.string().nullish().catch(undefined),
  request_counts: z.record(z.string(), z.number()).default({}),
});
type WireBatch = z.infer<typeof wireBatch>;

async function retrieve({ sdk, client }: Opened, jobId: string, signal: AbortSignal): Promise<WireBatch> {
  try {
    const found = await client.get<unknown>(`${ROUTE}/${encodeURIComponent(jobId)}`, { signal, timeout: TIMEOUT_MS });
    const { success, data } = wireBatch.safeParse(found);
    if (!success) throw invalidResponse('a batch has no id');
    return data;
  } catch (thrown) {
    throw createdNothing(faultOf(thrown, sdk, { model: jobId, jobId }));
  }
}

async function status(opened: Opened, jobId: string, signal: AbortSignal): Promise<ProviderJobStatus> {
  const batch = await retrieve(opened, jobId, signal);
  const { succeeded = 0, errored = 0, expired = 0, canceled = 0, processing = 0 } = batch.request_counts;
  const total = succeeded + errored + expired + canceled + processing;
  const counts = { total, answered: succeeded, failed: errored };
  if (batch.processing_status !== 'ended') return { state: 'running', counts };
  if (typeof batch.cancel_initiated_at === 'string') return { state: 'cancelled', counts };
  // Only the counts show that a batch has expired; perhaps only some of its requests have.
  return { state: expired > 0 ? 'expired' : 'ended', counts };
}

async function cancel(opened: Opened, jobId: string, signal: AbortSignal): Promise<void> {
  const { sdk, client } = opened;
  const { processing_status: now } = await retrieve(opened, jobId, signal);
  if (now !== 'in_progress') return;
  try {
    await client.messages.batches.cancel(jobId, {}, { signal, timeout: TIMEOUT_MS });
  } catch (thrown) {
    // The job may have ended in between.
    if (thrown instanceof sdk.APIError && (thrown.status === 400 || thrown.status === 409)) return;
    throw createdNothing(faultOf(thrown, sdk, { model: jobId, jobId }));
  }
}

async function* results(
  opened: Opened,
  jobId: string,
  options: Omit<ResultsOptions, 'tools'>,
): AsyncGenerator<BatchResult> {
  const { sdk, client } = opened;
  const { model, signal } = options;
  const batch = await retrieve(opened, jobId, signal);
  if (batch.processing_status !== 'ended') {
    throw new AppError('batch_state_invalid', `The batch ${jobId} has no results before it has ended.`);
  }
  if (typeof batch.results_url !== 'string') return;
  try {
    // `results_url` has the address of the API itself, and not that of a gateway.
    const path = `${ROUTE}/${encodeURIComponent(jobId)}/results`;
    const response = await client.get(path, { signal, __binaryResponse: true }).asResponse();
    if (response.body === null) return;
    for await (const line of readJsonLines(response.body)) {
      const { success, data } = wireResult.safeParse(line);
      if (success) yield { id: data.custom_id, outcome: toOutcome(data.result, sdk, options) };
    }
  } catch (thrown) {
    throw createdNothing(faultOf(thrown, sdk, { model, jobId }));
  }
}

const wireResult = z.looseObject({
  custom_id: z.string().min(1),
  result: z.looseObject({
    type: z.string(),
    message: z.unknown().optional(),
    error: z.unknown().optional(),
  }),
});
const wireError = z.looseObject({
  error: z.looseObject({ type: z.string(), message: z.string().default('') }),
  request_id: wireId,
});

function toOutcome(
  result: z.infer<typeof wireResult>['result'],
  sdk: Sdk,
  options: Pick<ResultsOptions, 'model' | 'prefill' | 'answer'>,
): BatchOutcome {
  const { model } = options;
  switch (result.type) {
    case 'succeeded':
      try {
        const response = withPrefill(toModelResponse(result.message, undefined), options);
        return { kind: 'answered', response: withAnswerCall(response, options.answer?.tool) };
      } catch (thrown) {
        return { kind: 'error', error: toModelError(thrown, sdk, { model, now: Date.now() }) };
      }
    case 'expired':
      return { kind: 'expired' };
    case 'canceled':
      return { kind: 'cancelled' };
    default:
      return { kind: 'error', error: toItemError(result.error, model) };
  }
}

const FINAL = /^(invalid_request_error|request_too_large)$/;
const TOO_LONG = /prompt is too long|context (window|length|limit)|too many (input |total )?tokens/i;

/**
 * An errored request: only a fault of the request itself is final. A fault of the account is one, whatever its type: an
 * empty account comes as an `invalid_request_error`. After any other it may succeed in another job.
 */
function toItemError(error: unknown, model: string): AppError {
  const { success, data } = wireError.safeParse(error);
  const { type, message } = success ? data.error : { type: 'api_error', message: 'it did not say why' };
  const said = withoutStop(message);
  const ofAccount = accountFault({ codes: [type], said: message });
  if (ofAccount !== undefined) {
    return toRefusalFault(SERVICE, model, { status: undefined, said, code: ofAccount, cause: error });
  }
  if (FINAL.test(type)) {
    const isLong = type === 'request_too_large' || TOO_LONG.test(message);
    const code = isLong ? 'context_too_long' : 'model_request_invalid';
    return new AppError(code, `Anthropic refused the request for ${model} in its batch: ${said}.`, { cause: error });
  }
  const text = `Anthropic failed the request in its batch (${type}): ${said}.`;
  return new AppError('model_server_error', text, { retryable: true, cause: error });
}

async function find(opened: Opened, submissionId: string, window: FindWindow): Promise<FoundProviderJob> {
  const { sdk, client } = opened;
  const { from, to, otherJobs, signal } = window;
  const found: string[] = [];
  let isOpen = false;
  try {
    // Newest first.
    for await (const batch of client.messages.batches.list({ limit: 1000 }, { signal, timeout: TIMEOUT_MS })) {
      const created = Date.parse(batch.created_at);
      if (created < from - CLOCK_SKEW_MS) break;
      if (created > to + CLOCK_SKEW_MS || otherJobs?.has(batch.id)) continue;
      const id = batch.processing_status === 'ended' ? await firstId(opened, batch.id, signal) : undefined;
      if (id === undefined) isOpen = true;
      else if (isOfSubmission(id, submissionId)) found.push(batch.id);
    }
  } catch (thrown) {
    throw createdNothing(faultOf(thrown, sdk, { model: 'Message Batches' }));
  }
  // A job that has not ended does not show which submission it belongs to.
  return found.length === 0 && isOpen ? 'ambiguous' : oneOf(found);
}

async function firstId(opened: Opened, jobId: string, signal: AbortSignal): Promise<string | undefined> {
  for await (const { id } of results(opened, jobId, { model: jobId, signal })) return id;
  return undefined;
}
