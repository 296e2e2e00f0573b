import { expect, it } from 'vitest';
import { createAnthropicBatchApi } from '../../../src/providers/anthropic/anthropic-batch.ts';
import { type BatchBench, testBatchApi } from '../../contracts/batch-api.ts';
import { requestOf } from '../../contracts/provider.ts';
import { anthropicBatchFormat } from '../../support/providers/batch-anthropic.ts';

const bench: BatchBench = {
  createFormat: anthropicBatchFormat,
  model: 'claude-haiku-5-5',
  create: (url) => createAnthropicBatchApi({ apiKey: 'key-1', baseUrl: url }),
  lacksUpload: true,
  findsOnlyEnded: true,
};

testBatchApi('Message Batches', bench);

it('a request of Message Batches caches for an hour, and neither streams nor forces a tool', () => {
  const api = createAnthropicBatchApi({ apiKey: 'key-1' });
  const line = JSON.parse(
    api.encode(requestOf('claude-haiku-5-5', { system: 'Be brief. '.repeat(300) }), 'sub1-row0'),
  ) as { params: object };
  expect(line).toMatchObject({
    custom_id: 'sub1-row0',
    params: {
      system: [{ cache_control: { type: 'ephemeral', ttl: '1h' } }],
      tools: [{ name: 'look' }, { name: 'tell', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      tool_choice: { type: 'auto' },
    },
  });
  expect(line.params).not.toHaveProperty('stream');
});
