import { describe, expect, it } from 'vitest';
import type { AppError } from '../../../src/base/errors.ts';
import type { Message, ModelRequest } from '../../../src/protocol/messages.ts';
import { answer, call, runScripted, targetAgent, text, tool, transcriptFaults } from '../../support/scripted-run.ts';

const { schema } = targetAgent().structured_output;
const inMode = (mode: string, overrides: object = {}) =>
  targetAgent({ structured_output: { enabled: true, mode, schema }, ...overrides });
const requestOf = async (run: Partial<Parameters<typeof runScripted>[0]>): Promise<ModelRequest> => {
  const { requests } = await runScripted({ turns: [{ content: [answer({ city: 'Leeds' })] }], ...run });
  const [request] = requests;
  if (request === undefined) throw new Error('nothing was sent');
  return request;
};
const lastWords = ({ messages }: ModelRequest): string => {
  const { content } = messages.at(-1) as Message & { role: 'user' };
  if (typeof content === 'string') return content;
  const [block] = content;
  return block?.type === 'tool_result' ? block.content : '';
};
const CALL = /return_structured_data/;

describe('the form in which an agent answers', () => {
  it('is the native one in mode auto, where it has no tools of its own: the instructions are only its own', async () => {
    const request = await requestOf({ definition: inMode('auto') });
    expect(request.system).toBe('Find the city.');
    expect(request.answer).toEqual({ tool: 'return_structured_data', instruction: expect.stringMatching(CALL) });
    expect(request.tools.map(({ name }) => name)).toEqual(['return_structured_data']);
  });

  it.each([
    [
      'its tools are not open yet',
      {
        definition: inMode('auto', {
          tools: [{ module: './look.mjs' }],
        }),
      },
    ],
    ['it has tools', { definition: inMode('auto'), tools: [tool('look')] }],
    [
      'the batch started with tools',
      { definition: inMode('auto'), toolSpecs: [{ name: 'look', description: 'Looks.', inputSchema: {} }] },
    ],
    [
      'its provider has no native form',
      { definition: inMode('auto', { model: { provider: 'scripted', model: 'x.yaml' } }) },
    ],
    [
      'the schema can not be lowered',
      {
        definition: inMode('auto', {
          structured_output: {
            enabled: true,
            mode: 'auto',
            schema: { type: 'object', properties: { city: { type: 'object' } } },
          },
        }),
        turns: [{ content: [answer({ city: {} })] }],
      },
    ],
    ['its mode is tool', { definition: inMode('tool') }],
  ])('is the tool where %s', async (_why, run) => {
    const request = await requestOf(run);
    expect(request).not.toHaveProperty('answer');
    expect(request.system).toMatch(/^Find the city\.\n\nGive the answer by calling the tool return_structured_data/);
  });

  it('is the same tool, to the letter, for a definition that a batch stored without a mode', async () => {
    expect(await requestOf({ definition: targetAgent() })).toEqual(await requestOf({ definition: inMode('tool') }));
    expect(await requestOf({ definition: targetAgent() })).not.toHaveProperty('answer');
  });

  it('is the native one in mode native, beside tools too', async () => {
    const request = await requestOf({ definition: inMode('native'), tools: [tool('look')] });
    expect(request.answer).toBeDefined();
  });

  it('is refused, with the fix, in mode native where there is none', async () => {
    const definition = inMode('native', { model: { provider: 'scripted', model: 'x.yaml' } });
    await expect(requestOf({ definition })).rejects.toMatchObject({
      code: 'agents_invalid',
      message: expect.stringMatching(/structured_output\.mode of agent tester@v1 is native, but .*write mode: auto/),
    });
  });
});

describe('an agent that answers in native form', () => {
  it('is told what is wrong in words that fit a text and a call', async () => {
    const { outcome, requests } = await runScripted({
      definition: inMode('auto'),
      turns: [
        { content: [call('return_structured_data', { town: 'Leeds' }, '')] },
        { content: [text('Leeds, I think.')] },
        { content: [text('{"city": "Le')], stopReason: 'max_tokens' },
        { content: [answer({ city: 'Leeds' }, '')] },
      ],
    });
    expect(outcome).toMatchObject({ status: 'succeeded', structured: { city: 'Leeds' }, turns: 4 });
    expect(outcome).not.toHaveProperty('readAs');
    const words = requests.slice(1).map(lastWords);
    expect(words[0]).toMatch(/does not fit the schema:\n- .*"city"[\s\S]*give the whole answer again/);
    expect(words[1]).toMatch(/ended without an answer/);
    expect(words[2]).toMatch(/cut off\. You have 2000 tokens now/);
    expect(words.join('\n')).not.toMatch(CALL);
    expect(transcriptFaults(outcome.messages)).toEqual([]);
  });

  it('may wrap its JSON in other text, which is read as it is', async () => {
    const turns = [{ content: [text('```json\n{"city": "Leeds",}\n```')] }];
    const { outcome } = await runScripted({ definition: inMode('auto'), turns });
    expect(outcome).toMatchObject({ status: 'succeeded', structured: { city: 'Leeds' } });
    expect(outcome).not.toHaveProperty('readAs', expect.stringContaining('not a tool call'));
  });

  it('fails with the advice that helps when it only talks', async () => {
    const definition = inMode('auto', { limits: { max_turns: 2 } });
    const turns = [{ content: [text('Leeds.')] }, { content: [text('Leeds!')] }];
    const { outcome } = await runScripted({ definition, turns });
    const { error } = outcome as { error?: AppError };
    expect(error?.code).toBe('max_turns_exceeded');
    expect(error?.message).toMatch(/without an answer\. .*set structured_output\.mode of the agent to tool or text/);
  });
});
