import { describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../../src/base/log.ts';
import { createProviders } from '../../../../src/providers/open-providers.ts';
import { createPriceTable } from '../../../../src/providers/prices/prices.ts';
import { type InlineAgent, inlineAgent } from '../../../../src/runner/contract/request/inline-agent.ts';
import { batchRequest } from '../../../../src/runner/contract/request/request.ts';
import { defineInline } from '../../../../src/runner/intake/agent/define-inline.ts';

const QUESTION = { prompt: 'Topic of {message}', fields: [{ name: 'topic', type: 'string' as const }] };

async function define(asked: Partial<InlineAgent>, environment: Record<string, string>, face: 'cli' | 'chat' = 'cli') {
  const providers = createProviders({
    environment,
    variable: (name) => environment[name],
    proxy: undefined,
    log: createSilentLog(),
  });
  const parts = { provider: providers.get, prices: createPriceTable() };
  try {
    return await defineInline(inlineAgent.parse({ ...QUESTION, ...asked }), parts, { columns: [], face });
  } finally {
    await providers.close();
  }
}

const KEY = { ANTHROPIC_API_KEY: 'k' };

describe('the model of a question', () => {
  it.each([
    [
      'anthropic',
      { ANTHROPIC_API_KEY: 'k', OPENAI_API_KEY: 'k' },
      'ANTHROPIC_API_KEY is set',
      '$0.10 in and $0.50 out',
    ],
    ['openai', { OPENAI_API_KEY: 'k' }, 'OPENAI_API_KEY is set', '$0.75 in and $4.50 out'],
    ['gemini', { GEMINI_API_KEY: 'k' }, 'GEMINI_API_KEY is set', '$0.25 in and $1.50 out'],
  ])(
    'is one of %s where its key is the first that is set, and says so with its price',
    async (name, environment, why, price) => {
      const { agent, warnings } = await define({}, environment);
      expect(agent.model.provider).toBe(name);
      expect(warnings).toEqual([expect.stringContaining(why)]);
      expect(warnings[0]).toContain(price);
    },
  );

  it('has to be named where no key is set', async () => {
    await expect(define({}, {})).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY'),
    });
  });

  it.each([
    ['claude-sonnet-5-5', { provider: 'anthropic', model: 'claude-sonnet-5-5' }],
    ['anthropic/claude-sonnet-5-5', { provider: 'anthropic', model: 'claude-sonnet-5-5' }],
    ['bedrock/eu.anthropic.claude', { provider: 'bedrock', model: 'eu.anthropic.claude' }],
  ])('can be named as %s', async (model, expected) => {
    const { agent, warnings } = await define({ model }, KEY);
    expect(agent.model).toMatchObject(expected);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['mistral-large', /does not identify a provider/],
    ['openai-compatible/llama', /needs a base_url/],
    ['text-embedding-3-small', /embedding model/],
    ['gpt-5.4-mini', /before OPENAI_API_KEY is set/],
  ])('can not be %s', async (model, message) => {
    await expect(define({ model }, KEY)).rejects.toThrow(message);
  });

  it.each(['gemini/../../files', 'openai/gpt-5?x=1', 'anthropic/a b', 'bedrock/x\0', `openai/${'x'.repeat(300)}`])(
    'can not be the text %j, which is no name',
    async (model) => {
      await expect(define({ model }, KEY)).rejects.toThrow(/is not the name of a model/);
    },
  );

  it('is a file only for a person at the command line', async () => {
    const { agent } = await define({ model: '/tmp/script.yaml' }, KEY, 'cli');
    expect(agent.model.provider).toBe('scripted');
    await expect(define({ model: '/tmp/script.yaml' }, KEY, 'chat')).rejects.toThrow(/only the command line/);
    await expect(define({ model: 'scripted//etc/passwd' }, KEY, 'chat')).rejects.toThrow(/only the command line/);
  });

  it('is an ARN only for a person at the command line', async () => {
    const model = 'bedrock/arn:aws:bedrock:us-east-1:666666666666:application-inference-profile/x';
    expect((await define({ model }, KEY, 'cli')).agent.model.provider).toBe('bedrock');
    await expect(define({ model }, KEY, 'chat')).rejects.toThrow(/is an ARN, which only the command line/);
  });
});

describe('the definition of a question', () => {
  it('has the fields as a strict schema', async () => {
    const fields: InlineAgent['fields'] = [
      { name: 'topic', type: 'string', values: ['a', 'b'], description: 'Which one.' },
      { name: 'n', type: 'integer', nullable: true },
      { name: 'tags', type: 'string', list: true },
      { name: 'kind', type: 'string', values: ['x'], nullable: true },
    ];
    const { agent } = await define({ fields }, KEY);
    expect(agent.structured_output.schema).toEqual({
      type: 'object',
      properties: {
        topic: { type: 'string', enum: ['a', 'b'], description: 'Which one.' },
        n: { type: ['integer', 'null'] },
        tags: { type: 'array', items: { type: 'string' } },
        kind: { type: ['string', 'null'], enum: ['x', null] },
      },
      required: ['topic', 'n', 'tags', 'kind'],
      additionalProperties: false,
    });
  });

  it('may ask about a column whose name every object inherits', async () => {
    const { agent } = await define(
      { prompt: 'Country of {constructor}?', fields: [{ name: 'toString', type: 'string' }] },
      KEY,
    );
    expect(agent.input).toMatchObject({ properties: { constructor: {} }, required: ['constructor'] });
  });

  it('has no tools, and a version that only changes with the question', async () => {
    const [one, same, other] = [await define({}, KEY), await define({}, KEY), await define({ prompt: '{id}' }, KEY)];
    expect(one.agent.tools).toEqual([]);
    expect(same.agent).toEqual(one.agent);
    expect(other.agent.version).not.toBe(one.agent.version);
  });

  it.each([
    ['tools', { tools: [{ mcp: { command: 'sh' } }] }],
    ['base_url', { base_url: 'http://evil.example' }],
    ['api_key_env', { api_key_env: 'ANTHROPIC_API_KEY' }],
    ['base_dir', { base_dir: '/' }],
    ['instructions', { instructions: 'Obey.' }],
    ['input', { input: {} }],
    ['name', { name: 'orchestrator' }],
  ])('can not have %s', (key, more) => {
    const asked = { csv_uri: 't.csv', target: { type: 'inline', ...QUESTION, ...more } };
    const { error } = batchRequest.safeParse(asked);
    expect(error?.issues[0]?.message).toMatch(
      new RegExp(`unknown field "${key}".*prompt, fields, media, model, fallback`),
    );
  });

  it('takes a model as text alone, and nothing inside a field but what describes it', () => {
    const withFallback = { ...QUESTION, fallback: { provider: 'openai-compatible', base_url: 'http://evil.example' } };
    expect(inlineAgent.safeParse(withFallback).success).toBe(false);
    const withModel = { ...QUESTION, model: { provider: 'openai-compatible', base_url: 'http://evil.example' } };
    expect(inlineAgent.safeParse(withModel).success).toBe(false);
    const withRef = { ...QUESTION, fields: [{ name: 'a', type: 'string', $ref: 'file:///etc/passwd' }] };
    expect(inlineAgent.safeParse(withRef).error?.issues[0]?.message).toContain('unknown field "$ref"');
  });
});

describe('the fallback of a question', () => {
  const KEYS = { ...KEY, OPENAI_API_KEY: 'k' };
  const model = 'anthropic/claude-haiku-5-5';

  it.each([
    ['openai/gpt-5.4-mini', { provider: 'openai', model: 'gpt-5.4-mini' }],
    ['gpt-5.4-mini', { provider: 'openai', model: 'gpt-5.4-mini' }],
    ['claude-sonnet-5-5', 'claude-sonnet-5-5'],
  ])('%s is the one of an agent of a file', async (fallback, expected) => {
    const { agent } = await define({ model, fallback }, KEYS);
    expect(agent.model).toMatchObject({ provider: 'anthropic', model: 'claude-haiku-5-5', fallback: expected });
  });

  it('makes another version of the agent', async () => {
    const [without, given] = [await define({ model }, KEYS), await define({ model, fallback: 'gpt-5.4-mini' }, KEYS)];
    expect(given.agent.version).not.toBe(without.agent.version);
    expect(without.agent.model.fallback).toBeUndefined();
  });

  it.each([
    ['without the key of its provider', 'gemini/gemini-2.5-flash', 'config_invalid', 'GEMINI_API_KEY'],
    ['that is the model itself', model, 'invalid_arguments', 'is the model itself'],
    ['with an address of its own', 'openai-compatible/llama', 'invalid_arguments', 'needs a base_url'],
    ['that embeds', 'openai/text-embedding-3-small', 'invalid_arguments', 'is an embedding model'],
    ['that runs elsewhere', 'step-functions/arn', 'invalid_arguments', 'runs elsewhere'],
  ])('is refused %s', async (_, fallback, code, message) => {
    const defining = define({ model, fallback }, KEYS);
    await expect(defining).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('is refused as a file or an ARN where a model that talks names it', async () => {
    for (const fallback of ['scripted/answers.yaml', 'bedrock/arn:aws:bedrock:eu-west-1:123456789012:model/x']) {
      const defining = define({ model, fallback }, { ...KEYS, AWS_REGION: 'eu-west-1' }, 'chat');
      await expect(defining).rejects.toMatchObject({ code: 'invalid_arguments' });
    }
  });
});

describe('a field of type object', () => {
  const place = { name: 'place', type: 'object' as const, list: true, nullable: true };
  const town = { name: 'town', type: 'string' as const, nullable: true };

  it('has its fields in the schema of the answer', async () => {
    const { agent } = await define({ fields: [{ ...place, fields: [town] }] }, KEY);
    expect(agent.structured_output?.schema).toMatchObject({
      properties: {
        place: {
          type: ['array', 'null'],
          items: { type: 'object', properties: { town: { type: ['string', 'null'] } }, required: ['town'] },
        },
      },
    });
  });

  it.each([
    ['without fields', place, 'belong to a field of type object'],
    ['of another type with fields', { ...place, type: 'string', fields: [town] }, 'belong to a field of type object'],
    ['with one name twice', { ...place, fields: [town, town] }, 'must have different names'],
    ['with an object inside', { ...place, fields: [{ ...town, type: 'object', fields: [town] }] }, 'type'],
  ])('is refused %s', (_, field, message) => {
    const { error } = inlineAgent.safeParse({ ...QUESTION, fields: [field] });
    expect(JSON.stringify(error?.issues)).toContain(message);
  });
});
