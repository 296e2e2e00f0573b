import { createReadStream } from 'node:fs';
import { devNull } from 'node:os';
import type { BatchJob, GoogleGenAI, InlinedRequest } from '@google/genai';
import { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/json/exact-number.ts';
import {
  type BatchApi,
  type BatchLimits,
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
import { readJsonLines } from '../provider-jobs/batch-lines.ts';
import { type Spool, spoolLines } from '../provider-jobs/batch-spool.ts';
import { inJobWords } from '../provider-jobs/job-faults.ts';
import { openOnUse } from '../provider-jobs/open-on-use.ts';
import type { SentRequest } from '../shared/answer-format.ts';
import { invalidResponse, lacksCredentials } from '../shared/service-faults.ts';
import { withParts } from '../shared/with-parts.ts';
import { toModelError } from './gemini-errors.ts';
import { GEMINI, toParameters } from './gemini-messages.ts';
import { type GeminiOptions, SERVICE } from './gemini-provider.ts';
import { compareIds, lacksKeys, readInlineResults, readResult } from './gemini-results.ts';
import { toSentRequest } from './gemini-tools.ts';

/** Source: Gemini's Batch API, file input. An expired job returns nothing, so smaller jobs lose less. */
const LIMITS: BatchLimits = { maxRequests: 50_000, maxBytes: 2_000_000_000, hours: 48 };
/** Smaller jobs are sent in the call that creates them, which takes 20 MB: the SDK's form is a little longer. */
const INLINE_BYTES = 16_000_000;
/** Timeouts of a download, and of every other call, in milliseconds. */
const FILE_TIMEOUT_MS = 1_800_000;
const TIMEOUT_MS = 120_000;

interface Opened {
  sdk: typeof import('@google/genai');
  client: GoogleGenAI;
  fetch: typeof fetch;
  /** Set when inline answers came without keys: from then on requests are sent as files, whose lines have keys. */
  needsFiles?: true;
}

/** What {@link createGeminiBatchApi} takes. */
export interface GeminiBatchOptions extends GeminiOptions {
  /** Jobs of more bytes than this are sent as a file. Default and at most 16 MB. */
  inlineBytes?: number;
}

/** Gemini's Batch API: small jobs inline, others as files; jobs carry their submission in their display name. */
export function createGeminiBatchApi(options: GeminiBatchOptions): BatchApi {
  const inlineBytes = Math.min(options.inlineBytes ?? INLINE_BYTES, INLINE_BYTES);
  return openOnUse({
    name: GEMINI,
    limits: LIMITS,
    omitsUnrun: true,
    encode: (request, id, { isStrict = true } = {}) =>
      JSON.stringify({ key: id, request: toWireRequest(toSentRequest(request, isStrict)) }),
    open: () => open(options),
    submit: (opened, submission) => submit(opened, submission, inlineBytes),
    status: async (opened, jobId, signal) => toStatus(await retrieve(opened, jobId, signal)),
    ...{ results, cancel, find },
  });
}

async function open({ apiKey, baseUrl, fetch: given, log }: GeminiOptions): Promise<Opened> {
  if (apiKey === undefined || apiKey.trim() === '') throw lacksCredentials(SERVICE, "Gemini's Batch API");
  const sdk = await import('@google/genai');
  log.debug({ baseUrl }, 'gemini batch client opened');
  // Without `retryOptions` the SDK sends once.
  const httpOptions = baseUrl === undefined ? {} : { httpOptions: { baseUrl } };
  const client = new sdk.GoogleGenAI({ apiKey, vertexai: false, ...httpOptions });
  return { sdk, client, fetch: given ?? fetch };
}

/** A `generateContent` body as the API takes it: the SDK only has its own form of it. */
function toWireRequest(request: SentRequest): WireRequest {
  const { contents, config = {} } = toParameters(request, new AbortController().signal);
  const { systemInstruction, tools, maxOutputTokens, temperature, topP, responseMimeType, responseJsonSchema } = config;
  return {
    contents: contents as WireRequest['contents'],
    ...(systemInstruction === undefined ? {} : { systemInstruction: { parts: [{ text: String(systemInstruction) }] } }),
    ...(tools === undefined ? {} : { tools: tools as NonNullable<WireRequest['tools']> }),
    generationConfig: {
      maxOutputTokens,
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { topP }),
      ...(responseMimeType === undefined ? {} : { responseMimeType, responseJsonSchema }),
    },
  };
}

interface WireRequest {
  contents: NonNullable<InlinedRequest['contents']>;
  systemInstruction?: { parts: { text: string }[] };
  tools?: NonNullable<NonNullable<InlinedRequest['config']>['tools']>;
  generationConfig: {
    maxOutputTokens: number | undefined;
    temperature?: number;
    topP?: number;
    responseMimeType?: string;
    responseJsonSchema?: unknown;
  };
}

interface Reporting {
  model: string;
  jobId?: string;
  signal: AbortSignal;
}

function faultOf(thrown: unknown, { sdk }: Opened, { model, jobId, signal }: Reporting): AppError {
  if (thrown instanceof AppError) return thrown;
  if (signal.aborted) {
    return new AppError('aborted', 'The call of the batch API was cancelled.', { outcomeUnknown: true, cause: thrown });
  }
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    const text = 'Gemini did not answer in time.';
    return new AppError('model_timeout', text, { retryable: true, outcomeUnknown: true, cause: thrown });
  }
  const call = { service: SERVICE.name, address: SERVICE.address, ...(jobId === undefined ? {} : { jobId }) };
  return inJobWords(toModelError(thrown, sdk, { service: SERVICE, model, seen: {}, now: Date.now() }), call);
}

async function submit(opened: Opened, submission: Submission, inlineBytes: number): Promise<{ jobId: string }> {
  const { requests, submissionId, model, signal, beforeCreate } = submission;
  const spool = await spoolLines(requests, { limits: LIMITS, signal });
  let src: InlinedRequest[] | string;
  try {
    const isInline = spool.bytes <= inlineBytes && opened.needsFiles !== true;
    src = isInline ? await readInline(spool) : await upload(opened, spool, submissionId);
  } catch (thrown) {
    throw createdNothing(faultOf(thrown, opened, submission));
  } finally {
    await spool.remove();
  }
  await beforeCreate();
  try {
    const config = { displayName: submissionId, ...callOptions(signal) };
    const { name } = await opened.client.batches.create({ model, src, config });
    if (!name) throw invalidResponse(SERVICE.name, 'a created batch has no name');
    return { jobId: name };
  } catch (thrown) {
    throw mayHaveCreated(faultOf(thrown, opened, submission));
  }
}

function callOptions(abortSignal: AbortSignal) {
  return { abortSignal, httpOptions: { timeout: TIMEOUT_MS } };
}

async function upload({ client }: Opened, spool: Spool, submissionId: string): Promise<string> {
  const config = { mimeType: 'application/jsonl', displayName: submissionId };
  const { name } = await client.files.upload({ file: spool.path, config });
  if (!name) throw invalidResponse(SERVICE.name, 'an uploaded file has no name');
  return name;
}

/** Inline requests have no key, so it is sent as metadata, which is returned with the answer. */
async function readInline(spool: Spool): Promise<InlinedRequest[]> {
  const inline: (InlinedRequest & { metadata: { key: string } })[] = [];
  for await (const line of readJsonLines(createReadStream(spool.path))) {
    const { key, request } = line as unknown as { key: string; request: WireRequest };
    const { contents, systemInstruction, tools, generationConfig } = request;
    const { maxOutputTokens, ...sampling } = generationConfig;
    const config = {
      ...sampling,
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
      ...(systemInstruction === undefined ? {} : { systemInstruction }),
      ...(tools === undefined ? {} : { tools }),
    };
    inline.push({ contents, config, metadata: { key } });
  }
  return inline.toSorted((one, other) => compareIds(one.metadata.key, other.metadata.key));
}

async function retrieve(opened: Opened, jobId: string, signal: AbortSignal): Promise<BatchJob> {
  try {
    const config = callOptions(signal);
    const httpOptions = { ...config.httpOptions, fetch: exactly(opened.fetch) };
    return await opened.client.batches.get({ name: jobId, config: { ...config, httpOptions } });
  } catch (thrown) {
    throw createdNothing(faultOf(thrown, opened, { model: jobId, jobId, signal }));
  }
}

/** A `fetch` whose answers lose no digits of inline results. */
function exactly(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init);
    return withParts(response, { json: async () => parseJson(await response.text()) });
  };
}

const STATES: Record<string, ProviderJobStatus['state']> = {
  JOB_STATE_QUEUED: 'queued',
  JOB_STATE_PENDING: 'queued',
  JOB_STATE_SUCCEEDED: 'ended',
  JOB_STATE_PARTIALLY_SUCCEEDED: 'ended',
  JOB_STATE_FAILED: 'failed',
  JOB_STATE_CANCELLED: 'cancelled',
  JOB_STATE_EXPIRED: 'expired',
};

/** A paused or cancelling job, and one in an unknown state, are treated as running. */
function toStatus({ state, error }: BatchJob): ProviderJobStatus {
  const reason = error?.message;
  return { state: STATES[state ?? ''] ?? 'running', ...(reason === undefined ? {} : { reason }) };
}

async function cancel(opened: Opened, jobId: string, signal: AbortSignal): Promise<void> {
  const { state } = await retrieve(opened, jobId, signal);
  if (
    state === 'JOB_STATE_CANCELLING' ||
    !['queued', 'running'].includes(toStatus({ ...(state && { state }) }).state)
  ) {
    return;
  }
  try {
    await opened.client.batches.cancel({ name: jobId, config: callOptions(signal) });
  } catch (thrown) {
    // The job may have ended in between.
    if (thrown instanceof opened.sdk.ApiError && (thrown.status === 400 || thrown.status === 409)) return;
    throw createdNothing(faultOf(thrown, opened, { model: jobId, jobId, signal }));
  }
}

async function* results(opened: Opened, jobId: string, options: ResultsOptions): AsyncGenerator<BatchResult> {
  const job = await retrieve(opened, jobId, options.signal);
  if (['queued', 'running'].includes(toStatus(job).state)) {
    throw new AppError('batch_state_invalid', `The batch ${jobId} has no results before it has ended.`);
  }
  const { fileName, inlinedResponses = [] } = job.dest ?? {};
  try {
    if (fileName === undefined || fileName === '') {
      if (lacksKeys(inlinedResponses)) opened.needsFiles = true;
      yield* await readInlineResults(inlinedResponses, options);
      return;
    }
    for await (const line of readJsonLines(await download(opened, fileName, options))) {
      const result = readResult(line, options);
      if (result !== undefined) yield result;
    }
  } catch (thrown) {
    throw createdNothing(faultOf(thrown, opened, { ...options, jobId }));
  }
}

/**
 * The SDK writes a download to a file, and an answer that breaks off ends the process, because its stream has no
 * listener for errors. So the SDK makes the call, but our `fetch` keeps the body and gives the SDK an empty one.
 */
async function download(
  { client, fetch: send }: Opened,
  file: string,
  { signal }: Reporting,
): Promise<AsyncIterable<Uint8Array>> {
  const taken: { body?: AsyncIterable<Uint8Array> } = {};
  const take: typeof fetch = async (input, init) => {
    const response = await send(input, init);
    if (!response.ok || response.body === null) return response;
    taken.body = response.body;
    return new Response('');
  };
  const config = { abortSignal: signal, httpOptions: { timeout: FILE_TIMEOUT_MS, fetch: take } };
  await client.files.download({ file, downloadPath: devNull, config });
  if (taken.body === undefined) throw invalidResponse(SERVICE.name, 'a file of results has no body');
  return taken.body;
}

/** Reads all pages: the order of the list is not promised, and a job that is missed would be paid for twice. */
async function find(
  opened: Opened,
  submissionId: string,
  { otherJobs, signal }: FindWindow,
): Promise<FoundProviderJob> {
  const found: string[] = [];
  try {
    const jobs = await opened.client.batches.list({ config: { pageSize: 100, ...callOptions(signal) } });
    for await (const { displayName, name } of jobs) {
      if (displayName === submissionId && name && !otherJobs?.has(name)) found.push(name);
    }
  } catch (thrown) {
    throw createdNothing(faultOf(thrown, opened, { model: 'the list of batches', signal }));
  }
  return oneOf(found);
}
