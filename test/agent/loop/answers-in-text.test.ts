import { describe, expect, it } from 'vitest';
import { call, runScripted, type Said, targetAgent, text, tool } from '../../support/scripted-run.ts';

const schema = {
  type: 'object',
  properties: { label: { type: 'string' }, n: { type: 'integer' } },
  required: ['label', 'n'],
  additionalProperties: false,
};
const definition = targetAgent({ structured_output: { enabled: true, schema }, limits: { max_turns: 3 } });
const says = (words: string): Said => ({ content: [text(words)] });
const INNER = '{"label":"x","n":7}';

describe('an agent with a tool for its answer takes at once', () => {
  it.each([
    ['plain JSON', INNER],
    ['JSON in prose', `The answer is:\n\`\`\`json\n${INNER}\n\`\`\`\nDone.`],
    ['a number as text', '{"label":"x","n":"7"}'],
    ['a tool call in tags', `<tool_call>\n{"name":"return_structured_data","arguments":${INNER}}\n</tool_call>`],
    ['a tool call with encoded arguments', `{"name":"return_structured_data","arguments":${JSON.stringify(INNER)}}`],
    ['a tool call with parameters', `{"name":"return_structured_data","parameters":${INNER}}`],
    ['a list of one tool call', `[TOOL_CALLS][{"name":"return_structured_data","arguments":${INNER}}]`],
    [
      'a tool call in OpenAI’s form',
      `{"type":"function","function":{"name":"return_structured_data","arguments":${INNER}}}`,
    ],
    ['JSON encoded twice', JSON.stringify(INNER)],
  ])('%s', async (_name, words) => {
    const { outcome, requests } = await runScripted({ definition, turns: [says(words)] });
    expect(outcome).toMatchObject({ status: 'succeeded', structured: { label: 'x', n: 7 }, turns: 1 });
    expect(outcome).toHaveProperty('readAs', expect.stringContaining('the answer was text, not a tool call'));
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['arguments encoded twice', INNER],
    ['a number as text', { label: 'x', n: '7' }],
  ])('a call with %s', async (_name, input) => {
    const turns = [{ content: [call('return_structured_data', input)] }];
    const { outcome } = await runScripted({ definition, turns });
    expect(outcome).toMatchObject({ status: 'succeeded', structured: { label: 'x', n: 7 }, turns: 1 });
    expect(outcome).toHaveProperty('readAs');
  });
});

describe('an agent with a tool for its answer asks again', () => {
  it.each([
    ['for two candidates', `${INNER} or {"label":"y","n":8}`, 'several objects that could be meant'],
    ['for an answer that does not fit', '{"label":"x","n":"seven"}', '"n" must be integer'],
    ['for a call of another tool in text', '{"name":"look","arguments":{"q":"x"}}', 'a call of look as text'],
    ['for words alone', 'I think it is x.', 'ended without calling'],
  ])('%s', async (_name, words, told) => {
    const good = { content: [call('return_structured_data', { label: 'z', n: 1 })] };
    const { outcome, requests } = await runScripted({ definition, tools: [tool('look')], turns: [says(words), good] });
    expect(outcome).toMatchObject({ status: 'succeeded', structured: { label: 'z' }, turns: 2 });
    expect(outcome).not.toHaveProperty('readAs');
    expect(JSON.stringify(requests[1]?.messages.at(-1)?.content)).toContain(told.replaceAll('"', '\\"'));
  });

  it('and does not take text beside a call of another tool', async () => {
    const both = { content: [text(INNER), call('look', { q: 'x' })] };
    const good = { content: [call('return_structured_data', { label: 'z', n: 1 })] };
    const { outcome } = await runScripted({ definition, tools: [tool('look')], turns: [both, good] });
    expect(outcome).toMatchObject({ structured: { label: 'z' }, turns: 2 });
  });

  it('and names structured_output.mode: text when it never gets one', async () => {
    for (const [words, code] of [
      ['I think it is x.', 'max_turns_exceeded'],
      ['{"label":"x"}', 'output_invalid'],
    ] as const) {
      const { outcome } = await runScripted({ definition, turns: [says(words), says(words), says(words)] });
      expect(outcome).toMatchObject({ status: 'failed', error: { code } });
      if (outcome.status === 'failed') expect(outcome.error.message).toContain('structured_output.mode: text');
    }
  });
});

it('a tool gets arguments that were encoded twice, and numbers that were text', async () => {
  const inputSchema = { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] };
  const turns = [
    { content: [call('look', '{"id":"7"}')] },
    { content: [call('return_structured_data', { label: 'z', n: 1 })] },
  ];
  const { outcome, toolCalls } = await runScripted({ definition, tools: [tool('look', { inputSchema })], turns });
  expect(outcome.status).toBe('succeeded');
  expect(toolCalls).toMatchObject([{ name: 'look', input: { id: 7 } }]);
});
