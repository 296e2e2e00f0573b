import { describe, expect, it } from 'vitest';
import { modelDefinition } from '../../src/agent/definition.ts';
import { parseModelReference } from '../../src/providers/catalog.ts';
import { parseAgent } from '../../src/registry/parse-agent.ts';

describe('a bare model name', () => {
  it.each([
    ['claude-haiku-5-5', 'anthropic'],
    ['gpt-5.1', 'openai'],
    ['gpt-4o-mini-2024-07-18', 'openai'],
    ['chatgpt-4o-latest', 'openai'],
    ['o3', 'openai'],
    ['o4-mini', 'openai'],
    ['text-embedding-3-small', 'openai'],
    ['gemini-3-flash', 'gemini'],
    ['scripts/demo.yaml', 'scripted'],
  ])('%s is of %s', (model, provider) => {
    expect(parseModelReference(model)).toEqual({ provider, model });
  });

  it.each(['llama-4', 'anthropic.claude-haiku-5-5-v1:0', 'gpt', 'ollama', 'o-matic'])(
    '%s tells no provider',
    (name) => {
      expect(parseModelReference(name)).toBeUndefined();
    },
  );
});

describe('what an agent says of its model', () => {
  const base_url = 'http://127.0.0.1:11434/v1';

  it('may be all that a provider wants to be told', () => {
    const compatible = { provider: 'openai-compatible', model: 'llama-4', base_url, api_key_env: 'LOCAL_KEY' };
    expect(modelDefinition.parse(compatible)).toEqual({ ...compatible, max_tokens: 4096 });
    const bedrock = {
      provider: 'bedrock',
      model: 'anthropic.claude-haiku-5-5-v1:0',
      region: 'eu-west-1',
      inference_profile: 'eu.anthropic.claude-haiku-5-5-v1:0',
      fallback: 'amazon.nova-lite-v1:0',
    };
    expect(modelDefinition.parse(bedrock)).toEqual({ ...bedrock, max_tokens: 4096 });
  });

  it.each<[object, string, RegExp]>([
    [{ provider: 'openai-compatible', model: 'a' }, 'base_url', /has to be given/],
    [{ provider: 'openai', model: 'a', base_url }, 'base_url', /belongs to provider: openai-compatible/],
    [{ provider: 'openai', model: 'a', api_key_env: 'KEY' }, 'api_key_env', /belongs to provider: openai-compatible/],
    [{ provider: 'openai-compatible', model: 'a', base_url, region: 'x' }, 'region', /belongs to provider: bedrock/],
    [
      { provider: 'anthropic', model: 'a', inference_profile: 'x' },
      'inference_profile',
      /belongs to provider: bedrock/,
    ],
    [{ provider: 'openai-compatible', model: 'a', base_url: 'here' }, 'base_url', /must be a URL/],
    [{ provider: 'openai-compatible', model: 'a', base_url, api_key_env: 'sk-1 2' }, 'api_key_env', /not a key/],
    [{ provider: 'openai-compatible', model: 'a', baseurl: base_url }, 'baseurl', /did you mean "base_url"/],
  ])('is checked: %j', (model, key, message) => {
    const raw = { name: 'a', instructions: 'Do it.', model };
    const parsed = parseAgent(raw, '/project');
    const faults = 'faults' in parsed ? parsed.faults : [];
    expect(faults.find(({ path }) => path.join('.') === `model.${key}`)?.message).toMatch(message);
  });
});
