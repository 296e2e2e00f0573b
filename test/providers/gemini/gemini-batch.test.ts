import { createSilentLog } from '../../../src/base/log.ts';
import { createGeminiBatchApi } from '../../../src/providers/gemini/gemini-batch.ts';
import { type BatchBench, testBatchApi } from '../../contracts/batch-api.ts';
import { geminiBatchFormat } from '../../support/providers/batch-gemini.ts';

const bench: BatchBench = {
  createFormat: geminiBatchFormat,
  model: 'gemini-3-flash',
  create: (url) => createGeminiBatchApi({ apiKey: 'key-1', baseUrl: url, log: createSilentLog(), inlineBytes: 0 }),
  lacksItemEndings: true,
  lacksReason: true,
};

testBatchApi("Gemini's Batch API, with files", bench);

testBatchApi("Gemini's Batch API, inline", {
  ...bench,
  create: (url) => createGeminiBatchApi({ apiKey: 'key-1', baseUrl: url, log: createSilentLog() }),
  lacksUpload: true,
  lacksLines: true,
  lacksResultCalls: true,
});
