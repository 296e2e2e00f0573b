import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { parseAgent } from '../../src/registry/parse-agent.ts';

const SCHEMA = { type: 'object', properties: { answer: { type: 'string' } } };
const parse = (fallback: unknown, output: object = {}) =>
  parseAgent(
    {
      ...{ name: 'a', instructions: 'Answer.', structured_output: { schema: SCHEMA, ...output } },
      model: { provider: 'anthropic', model: 'claude-haiku-5-5', fallback },
    },
    '/project',
  );
const faultsOf = (fallback: unknown, output: object = {}) => {
  const parsed = parse(fallback, output);
  if (!('faults' in parsed)) throw new AppError('internal', 'the agent was accepted');
  return parsed.faults.map(({ path, message }) => `${path.join('.')} ${message}`);
};

describe('the fallback of a model', () => {
  it('may be a name, or a model of another provider, whose paths start from the file', () => {
    expect(parse('claude-sonnet-5-5')).toMatchObject({ definition: { model: { fallback: 'claude-sonnet-5-5' } } });
    const other = { provider: 'openai-compatible', model: 'qwen', base_url: 'http://127.0.0.1:1/v1', max_tokens: 9 };
    expect(parse(other)).toMatchObject({ definition: { model: { fallback: other } } });
    expect(parse({ provider: 'scripted', model: 'a.yaml' })).toMatchObject({
      definition: { model: { fallback: { model: '/project/a.yaml' } } },
    });
  });

  it.each([
    ['an unknown key', { provider: 'openai', modle: 'gpt-5.4' }, /^model.fallback.modle .*did you mean "model"/],
    ['no provider', { model: 'gpt-5.4' }, /^model.fallback.provider is missing/],
    [
      'a server that its provider has not',
      { provider: 'openai', model: 'm', base_url: 'http://a/v1' },
      /^model.fallback.base_url .*belongs to/,
    ],
    ['no server', { provider: 'openai-compatible', model: 'qwen' }, /^model.fallback.base_url .*has to be given/],
    ['the model itself', { provider: 'anthropic', model: 'claude-haiku-5-5' }, /^model.fallback is the model itself/],
    ['a model of vectors', { provider: 'openai', model: 'text-embedding-3-small' }, /^model.fallback .*gives vectors/],
    ['a list', [1], /^model.fallback is wrong/],
  ])('with %s is a fault with its place', (_what, fallback, message) => {
    expect(faultsOf(fallback)).toContainEqual(expect.stringMatching(message));
  });

  it('has to have a structured form of its own where the mode is native', () => {
    const other = { provider: 'scripted', model: 'a.yaml' };
    expect(faultsOf(other, { mode: 'native' })).toEqual([
      expect.stringMatching(/^model.fallback can't answer: .*write mode: auto/),
    ]);
  });
});
