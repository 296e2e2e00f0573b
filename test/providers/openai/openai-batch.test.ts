import { createSilentLog } from '../../../src/base/log.ts';
import { createOpenAiBatchApi } from '../../../src/providers/openai/openai-batch.ts';
import { type BatchBench, testBatchApi } from '../../contracts/batch-api.ts';
import { openAiBatchFormat } from '../../support/providers/batch-openai.ts';

const bench: BatchBench = {
  createFormat: openAiBatchFormat,
  model: 'gpt-5.1',
  create: (url) => createOpenAiBatchApi({ apiKey: 'key-1', baseUrl: `${url}/v1`, log: createSilentLog() }),
};

testBatchApi("OpenAI's Batch API", bench);
