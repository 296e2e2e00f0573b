import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BedrockBatchOptions, createBedrockBatchApi } from '../../../src/providers/bedrock/bedrock-batch.ts';
import { type BatchBench, testBatchApi } from '../../contracts/batch-api.ts';
import { requestOf } from '../../contracts/provider.ts';
import { bedrockBatchFormat } from '../../support/providers/batch-bedrock.ts';
import { startTestS3, type TestS3 } from '../../support/s3.ts';

const MODEL = 'us.anthropic.claude-haiku-5-5-v1:0';
let s3: TestS3;
let folders = 0;

beforeAll(async () => {
  s3 = await startTestS3();
});
afterAll(async () => s3.close());

const optionsOf = (endpoint: string): BedrockBatchOptions => {
  folders += 1;
  return {
    roleArn: 'arn:aws:iam::123456789012:role/batch',
    inputUri: `s3://${s3.bucket}/in/${folders}`,
    outputUri: `s3://${s3.bucket}/out/${folders}/`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKTEST', secretAccessKey: 'SKTEST' },
    endpoint,
    s3Endpoint: String(s3.options.endpoint),
    limits: { minRequests: 1 },
  };
};

const bench: BatchBench = {
  createFormat: (jobs) => bedrockBatchFormat(jobs, s3),
  model: MODEL,
  create: (url) => createBedrockBatchApi(optionsOf(url)),
  lacksUpload: true,
  isIdempotent: true,
  lacksItemEndings: true,
  lacksResultCalls: true,
  lacksSpendLimit: true,
};

testBatchApi("Bedrock's batch inference", bench);

describe("Bedrock's batch inference", () => {
  const signal = new AbortController().signal;
  const beforeCreate = async () => undefined;

  it('names a bucket that does not exist, and asks for nothing', async () => {
    const api = createBedrockBatchApi({ ...optionsOf('http://127.0.0.1:1'), inputUri: 's3://no-such-bucket-here/in' });
    const requests = [api.encode(requestOf(MODEL), 'sub1-row0')];
    const given = { submissionId: 'sub1', model: MODEL, requests, beforeCreate, signal };
    await expect(api.submit(given)).rejects.toMatchObject({
      code: 'bucket_not_found',
      message: expect.stringMatching(/bucket of s3:\/\/no-such-bucket-here\/in.* does not exist/),
      outcomeUnknown: false,
      retryable: false,
    });
    await api.close();
  });

  it('takes 100 requests at least', async () => {
    const { limits: _limits, ...options } = optionsOf('http://127.0.0.1:1');
    const api = createBedrockBatchApi(options);
    const requests = Array.from({ length: 99 }, () => '{}');
    const given = { submissionId: 'sub1', model: MODEL, requests, beforeCreate, signal };
    await expect(api.submit(given)).rejects.toMatchObject({
      message: expect.stringContaining('100 requests at least'),
    });
    await api.close();
  });

  it("encodes no other bodies than those of Anthropic's models", async () => {
    const api = createBedrockBatchApi(optionsOf('http://127.0.0.1:1'));
    expect(() => api.encode(requestOf('amazon.nova-pro-v1:0'), 'sub1-row0')).toThrow('real time');
    await api.close();
  });
});
