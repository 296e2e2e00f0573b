import { describe, expect, it } from 'vitest';
import type { AppError } from '../../../src/base/errors.ts';
import { answer, call, runScripted, targetAgent, text, tool, transcriptFaults } from '../../support/scripted-run.ts';

const { schema } = targetAgent().structured_output;
const inText = (overrides: object = {}) =>
  targetAgent({ structured_output: { enabled: true, mode: 'text', schema }, ...overrides });
const says = (words: string, stopReason?: 'max_tokens') => ({
  content: [text(words)],
  ...(stopReason === undefined ? {} : { stopReason }),
});
const errorOf = (outcome: object): AppError | undefined => (outcome as { error?: AppError }).error;

describe('an agent that answers in text', () => {
  it('is given no tool to answer with, and its schema in words', async () => {
    const { outcome, requests } = await runScripted({ definition: inText(), turns: [says('{"city": "Leeds"}')] });
    expect(outcome).toMatchObject({ status: 'succeeded', structured: { city: 'Leeds' }, turns: 1 });
    expect(requests[0]?.tools).toEqual([]);
    expect(requests[0]?.system).toContain(`fits this JSON Schema, and with nothing else:\n${JSON.stringify(schema)}`);
    expect(outcome.messages).toEqual([{ role: 'assistant', content: [text('{"city": "Leeds"}')] }]);
  });

  it('is told what is wrong with its answer, and gives a corrected one', async () => {
    const { outcome, requests } = await runScripted({
      definition: inText(),
      turns: [says('{"town": "Leeds"}'), says('{"city": "Leeds}'), says('```json\n{"city": "Leeds",}\n```')],
    });
    expect(outcome).toMatchObject({ status: 'succeeded', structured: { city: 'Leeds' }, turns: 3 });
    expect(String(requests[1]?.messages.at(-1)?.content)).toMatch(
      /can't be used:\n- .*lacks the required field "city"/,
    );
    expect(String(requests[2]?.messages.at(-1)?.content)).toMatch(/is broken/);
  });

  it.each([
    ['output_invalid', '{"city": 1}', 'does not fit the schema: "city" must be string'],
    ['output_unreadable', 'Leeds, I think.', "can't be read"],
  ])('fails with %s when its last answer still is', async (code, words, message) => {
    const definition = inText({ limits: { max_turns: 2 } });
    const { outcome } = await runScripted({ definition, turns: [says(words), says(words)] });
    expect(errorOf(outcome)?.code).toBe(code);
    expect(errorOf(outcome)?.message).toContain(message);
  });

  it('never has a cut answer mended: it is asked for again with more room, once', async () => {
    const turns = [says('{"city": "Le', 'max_tokens'), says('{"city": "Leeds"}')];
    const { outcome, requests } = await runScripted({ definition: inText(), turns });
    expect(outcome).toMatchObject({ status: 'succeeded', structured: { city: 'Leeds' } });
    expect(requests.map(({ maxTokens }) => maxTokens)).toEqual([1000, 2000]);
    const twice = [says('{"city": "Le', 'max_tokens'), says('{"city": "Le', 'max_tokens')];
    const cut = await runScripted({ definition: inText(), turns: twice });
    expect(errorOf(cut.outcome)?.code).toBe('output_truncated');
  });

  it('may use tools first; text beside a call is not its answer', async () => {
    const { outcome, toolCalls } = await runScripted({
      definition: inText(),
      tools: [tool('look')],
      turns: [{ content: [text('{"city": "York"}'), call('look', { q: 'x' }, 'a')] }, says('{"city": "Leeds"}')],
    });
    expect(outcome).toMatchObject({ status: 'succeeded', structured: { city: 'Leeds' } });
    expect(toolCalls).toHaveLength(1);
    expect(transcriptFaults(outcome.messages)).toEqual([]);
  });

  it('is reminded when it says nothing', async () => {
    const { outcome, requests } = await runScripted({
      definition: inText(),
      turns: [{ content: [] }, says('{"city": "Leeds"}')],
    });
    expect(outcome.status).toBe('succeeded');
    expect(String(requests[1]?.messages.at(-1)?.content)).toContain('Give the JSON object now');
  });
});

describe('the beginning of an answer in text', () => {
  it('is an open brace in every turn, of which the transcript knows nothing', async () => {
    const { outcome, requests } = await runScripted({
      definition: inText(),
      turns: [says('{"town": "Leeds"}'), says('{"city": "Leeds"}')],
    });
    expect(outcome).toMatchObject({ status: 'succeeded', structured: { city: 'Leeds' } });
    expect(requests.map(({ prefill }) => prefill)).toEqual(['{', '{']);
    expect(requests.map(({ messages }) => messages.map(({ role }) => role))).toEqual([
      ['user'],
      ['user', 'assistant', 'user'],
    ]);
    expect(requests[1]?.messages[1]).toEqual({ role: 'assistant', content: [text('{"town": "Leeds"}')] });
  });

  it.each([
    ['has tools of its own', { definition: inText(), tools: [tool('look')] }],
    ['is streamed', { definition: inText(), hooks: { stream: true } }],
  ])('is left to an agent that %s', async (_what, run) => {
    const { requests } = await runScripted({ ...run, turns: [says('{"city": "Leeds"}')] });
    expect(requests).toHaveLength(1);
    expect(requests[0]).not.toHaveProperty('prefill');
  });

  it('is left to an agent that answers by its tool', async () => {
    const { requests } = await runScripted({ turns: [{ content: [answer({ city: 'Leeds' })] }] });
    expect(requests[0]).not.toHaveProperty('prefill');
  });

  it('is not given twice to an answer that is gone on with', async () => {
    const paused = { content: [text('{"city": ')], stopReason: 'pause_turn' as const };
    const { requests } = await runScripted({ definition: inText(), turns: [paused, says('{"city": "Leeds"}')] });
    expect(requests.map(({ prefill }) => prefill)).toEqual(['{', undefined]);
  });
});
