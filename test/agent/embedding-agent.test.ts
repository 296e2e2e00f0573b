import { expect, it } from 'vitest';
import { answer, runScripted, targetAgent } from '../support/scripted-run.ts';

const definition = targetAgent({
  model: { provider: 'openai', model: 'text-embedding-3-small' },
  structured_output: {
    schema: {
      type: 'object',
      properties: { embedding: { type: 'array', items: { type: 'number' }, maxItems: 2 } },
      required: ['embedding'],
    },
  },
});

it('an embedding model asks for room for no words, and its vector is the answer', async () => {
  const { outcome, requests } = await runScripted({
    definition,
    turns: [{ content: [answer({ embedding: [1, 2] })] }],
  });
  expect(outcome).toMatchObject({ status: 'succeeded', structured: { embedding: [1, 2] }, turns: 1 });
  expect(requests.map(({ maxTokens }) => maxTokens)).toEqual([0]);
});

it('an embedding model whose vector does not fit the schema is not asked for the same one again', async () => {
  const turns = [{ content: [answer({ embedding: [1, 2, 3] })] }];
  const { outcome, requests } = await runScripted({ definition, turns });
  expect(outcome).toMatchObject({
    status: 'failed',
    error: { code: 'output_invalid', message: expect.stringMatching(/^After 1 turn .*does not fit the schema/) },
  });
  expect(requests).toHaveLength(1);
});
