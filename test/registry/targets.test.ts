import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { parseAgent } from '../../src/registry/parse-agent.ts';

const URL = 'https://agents.example/run';
const ARN = 'arn:aws:states:eu-west-1:123456789012:stateMachine:checker';
const OUTPUT = { structured_output: { schema: { type: 'object', properties: { answer: {} } } } };
const parse = (raw: object) => parseAgent({ name: 'a', ...OUTPUT, ...raw }, '/project');
const faultsOf = (raw: object, folder: string | null = '/project') => {
  const parsed = parseAgent({ name: 'a', ...OUTPUT, ...raw }, folder ?? undefined);
  if (!('faults' in parsed)) throw new AppError('internal', 'the agent was accepted');
  return parsed.faults.map(({ path, message }) => `${path.join('.')} ${message}`);
};

describe('an agent with a target', () => {
  it('is called once a row, by the name of the place that its rows go to', () => {
    expect(parse({ target: { type: 'http', url: URL }, limits: { timeout_s: 900 } })).toMatchObject({
      definition: { model: { provider: 'http-agent', model: URL }, limits: { max_turns: 1, timeout_s: 900 } },
    });
    expect(parse({ target: { type: 'step-functions', state_machine_arn: ARN } })).toMatchObject({
      definition: { model: { provider: 'step-functions', model: ARN, target: { express: false } } },
    });
  });

  const target = { type: 'http', url: URL };
  it.each<[string, object, RegExp]>([
    ['no type', { target: { url: URL } }, /^target.type is missing: it must be one of http, step-functions/],
    ['an unknown type', { target: { type: 'htp', url: URL } }, /^target.type is "htp".*did you mean "http"/],
    ['an unknown key', { target: { ...target, header: {} } }, /^target.header .*did you mean "headers"/],
    ['no URL', { target: { type: 'http', url: 'agents.example' } }, /^target.url .*http:\/\/ or https:\/\//],
    ['no ARN', { target: { type: 'step-functions', state_machine_arn: 'checker' } }, /^target.state_machine_arn .*ARN/],
    ['a model', { target, model: 'gpt-5.4' }, /^model has to be left out/],
    ['instructions', { target, instructions: 'Answer.' }, /^instructions has to be left out/],
    ['tools', { target, tools: [] }, /^tools has to be left out/],
    ['a prompt', { target, prompt: { user: '{a}' } }, /^prompt has to be left out/],
    ['turns', { target, limits: { max_turns: 3 } }, /^limits.max_turns has to be left out/],
    [
      'a target for a model',
      { model: { provider: 'http-agent', model: URL } },
      /^model.provider is no model: write target/,
    ],
    ['a target within a model', { model: { provider: 'openai', model: 'm', target } }, /^model.target is no model/],
    [
      'a target as a fallback',
      { model: { provider: 'openai', model: 'm', fallback: { provider: 'http-agent', model: URL } } },
      /^model.fallback can not be a target/,
    ],
  ])('is refused with %s, with the place and the fix', (_what, raw, message) => {
    expect(faultsOf(raw)).toContainEqual(expect.stringMatching(message));
  });

  it('comes from a file alone: not from a saved agent, nor a table of agents', () => {
    expect(faultsOf({ target }, null)).toEqual([expect.stringMatching(/^target is only for agents of agents.yaml/)]);
  });
});
