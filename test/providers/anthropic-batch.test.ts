import { createAnthropicBatchApi } from '../../src/providers/anthropic-batch.ts';
import { type BatchBench, testBatchApi } from '../contracts/batch-api.ts';
import { anthropicBatchFormat } from '../support/providers/batch-anthropic.ts';

const bench: BatchBench = {
  createFormat: anthropicBatchFormat,
  model: 'claude-haiku-5-5',
  create: (url) => createAnthropicBatchApi({ apiKey: 'key-1', baseUrl: url }),
  lacksUpload: true,
  findsOnlyEnded: true,
};

testBatchApi('Message Batches', bench);
