import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import { createAnthropicBatchApi } from '../../../src/providers/anthropic/anthropic-batch.ts';
import { createBedrockBatchApi } from '../../../src/providers/bedrock/bedrock-batch.ts';
import { createGeminiBatchApi } from '../../../src/providers/gemini/gemini-batch.ts';
import { createOpenAiBatchApi } from '../../../src/providers/openai/openai-batch.ts';
import type { BatchApi } from '../../../src/providers/provider-jobs/batch-api.ts';
import { inJobWords } from '../../../src/providers/provider-jobs/job-faults.ts';
import { requestOf } from '../../contracts/provider.ts';
import { startTestS3, type TestS3 } from '../../support/s3.ts';

const MODEL = 'anthropic.claude-haiku-5-5-v1:0';
const PAGE = '<html>\n<h1>Not\nhere</h1></html>';
const signal = new AbortController().signal;
let s3: TestS3;
let server: Server | undefined;
beforeAll(async () => {
  s3 = await startTestS3();
});
afterAll(() => s3.close());
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A gateway that serves no address of a batch API. */
async function gateway(status: number): Promise<string> {
  server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(status, { 'content-type': 'text/html' });
      response.end(PAGE);
    });
  });
  const listening = server;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

const log = createSilentLog();
const APIS: [string, (url: string) => BatchApi, string][] = [
  ['Anthropic', (baseUrl) => createAnthropicBatchApi({ apiKey: 'key-1', baseUrl }), 'ANTHROPIC_BASE_URL'],
  ['OpenAI', (url) => createOpenAiBatchApi({ apiKey: 'key-1', baseUrl: `${url}/v1`, log }), 'OPENAI_BASE_URL'],
  ['Gemini', (baseUrl) => createGeminiBatchApi({ apiKey: 'key-1', baseUrl, log }), 'GOOGLE_GEMINI_BASE_URL'],
  [
    'Bedrock',
    (endpoint) =>
      createBedrockBatchApi({
        roleArn: 'arn:aws:iam::123456789012:role/batch',
        ...{ inputUri: `s3://${s3.bucket}/in/`, outputUri: `s3://${s3.bucket}/out/`, region: 'us-east-1' },
        credentials: { accessKeyId: 'AKTEST', secretAccessKey: 'SKTEST' },
        ...{ endpoint, s3Endpoint: String(s3.options.endpoint), limits: { minRequests: 1 } },
      }),
    'AWS_ENDPOINT_URL_BEDROCK',
  ],
];

describe.each(APIS)('a server without the batch API of %s', (name, create, address) => {
  const faultOf = async (status: number, call: (api: BatchApi) => Promise<unknown>) => {
    const api = create(await gateway(status));
    const fault = await call(api).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    await api.close();
    return fault as Error | undefined;
  };
  const submit = (api: BatchApi) =>
    api.submit({
      ...{ submissionId: 'sub1', model: MODEL, signal, beforeCreate: async () => undefined },
      requests: [api.encode(requestOf(MODEL), 'sub1-row0')],
    });

  it.each([404, 405, 501])('is recognised by status %i, and nothing was created', async (status) => {
    const fault = await faultOf(status, submit);
    expect(fault).toMatchObject({ code: 'model_unavailable', retryable: false, outcomeUnknown: false });
    expect(fault?.message).toMatch(/has no batch (API|inference)/);
    expect(fault?.message).toContain(`(status ${status})`);
    expect(fault?.message).toMatch(new RegExp(`--mode realtime, or set ${address} to`));
    expect(fault?.message).not.toMatch(/\n|does not know the model/);
  });

  it('says that a job is not known, and never calls it a model', async () => {
    const jobId =
      name === 'Bedrock' ? 'arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/job1' : 'batches/job1';
    const fault = await faultOf(404, (api) => api.status(jobId, signal));
    expect(fault).toMatchObject({ code: 'model_unknown', retryable: false });
    expect(fault?.message).toContain(`does not know the job ${jobId}`);
  });

  it('says so when a lost job is looked for', async () => {
    const window = { from: Date.now(), to: Date.now(), signal };
    const fault = await faultOf(404, (api) => api.find('sub1', window));
    expect(fault?.message).toMatch(/has no batch (API|inference).*--mode realtime/);
  });
});

describe('the words of a refusal', () => {
  const call = { service: 'OpenAI', address: 'OPENAI_BASE_URL' };
  const fault = (fields: object, message = '404 status') =>
    new AppError('model_unknown', 'OpenAI does not know the model.', {
      cause: Object.assign(new Error(message), { status: 404, ...fields }),
    });

  it('are those of the model call where the model itself is not known', () => {
    const error = fault({ code: 'model_not_found' });
    expect(inJobWords(error, call)).toBe(error);
  });

  it.each([
    ['its own field', { apiMessage: 'No such route.' }, '404 status'],
    ['the parsed body', { error: { message: 'No such route.' } }, '404 status'],
    ['a body in the message', {}, '{"error":{"message":"No such route."}}'],
    ['the message', {}, '404 No such route.'],
  ])("are the server's, from %s", (_from, fields, message) => {
    expect(inJobWords(fault(fields, message), call).message).toContain(
      'for this model: No such route (status 404). Run',
    );
  });
});
