import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { createDynamoRegistry } from '../../src/registry/dynamo-registry.ts';
import { parseAgentsYaml } from '../../src/registry/yaml-registry.ts';
import { startDynamo, type TestDynamo } from '../support/dynamo.ts';

const schema = { type: 'object', properties: { speed: { type: 'number' } }, required: ['speed'] };
let dynamo: TestDynamo;
const saved = { ...process.env };

const open = (table: string, log = createSilentLog()) =>
  createDynamoRegistry({ table, region: 'eu-west-2', endpoint: dynamo.endpoint, log });

async function fault(promise: Promise<unknown>): Promise<AppError> {
  const thrown = await promise.then(
    () => new Error('no error'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof AppError)) throw thrown;
  return thrown;
}

beforeAll(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  dynamo = await startDynamo();
  await dynamo.createTable('agents', { hash: 'agent_name', range: 'version' });
  for (const version of ['v1.0', 'v10.0', 'v2.0']) {
    await dynamo.put('agents', {
      agent_name: 'checker',
      version,
      description: `checker ${version}`,
      model: { provider: 'anthropic', model: 'claude-haiku-5-5', max_tokens: 1000 },
      system_prompt: 'Check it.',
      structured_output: { enabled: true, schema },
      deployed_by: 'someone',
    });
  }
});

afterAll(async () => {
  await dynamo.close();
  process.env = saved;
});

describe('the DynamoDB registry', () => {
  it('finds the newest version in natural order, or the one asked for', async () => {
    const registry = open('agents');
    expect((await registry.find('checker'))?.version).toBe('v10.0');
    expect((await registry.find('checker', 'v2.0'))?.description).toBe('checker v2.0');
    expect(await registry.find('checker', 'v3')).toBeUndefined();
    expect(await registry.find('nobody')).toBeUndefined();
  });

  it('gives the same definition as the same agent in YAML', async () => {
    const yaml = `
agents:
  - name: checker
    version: v2.0
    description: checker v2.0
    model: {provider: anthropic, model: claude-haiku-5-5, max_tokens: 1000}
    instructions: Check it.
    structured_output:
      schema: {type: object, properties: {speed: {type: number}}, required: [speed]}
`;
    const { base_dir: _folder, ...expected } = parseAgentsYaml(yaml, '/somewhere/agents.yaml')[0] ?? {};
    expect(await open('agents').find('checker', 'v2.0')).toEqual(expected);
  });

  it('reads attributes that are kept as JSON text, and a bare model', async () => {
    await dynamo.createTable('texts', { hash: 'agent_name', range: 'version' });
    await dynamo.put('texts', {
      agent_name: 'texts',
      version: 'v1',
      model: 'claude-haiku-5-5',
      instructions: '[Role] You check.',
      tools:
        '[{"http": {"name": "look", "description": "Looks.", "url": "https://x.test/{id}", "input": {"type": "object", "properties": {"id": {}}}}}]',
      structured_output: JSON.stringify({ enabled: true, schema }),
    });
    const found = await open('texts').find('texts');
    expect(found?.model.provider).toBe('anthropic');
    expect(found?.tools).toHaveLength(1);
    expect(found?.instructions).toBe('[Role] You check.');
    expect(found?.structured_output.schema).toEqual(schema);
  });

  it('keeps every digit of whole numbers, also in JSON text', async () => {
    const long = '12345678901234567890';
    await dynamo.createTable('long', { hash: 'agent_name', range: 'version' });
    await dynamo.put('long', {
      ...{ agent_name: 'long', version: 'v1', model: 'claude-haiku-5-5', instructions: 'x' },
      input: { type: 'object', properties: { id: { enum: [BigInt(long), 7] } } },
      structured_output: `{"enabled": true, "schema": {"type": "object", "properties": {"id": {"const": ${long}}}}}`,
    });
    const found = await open('long').find('long');
    expect(JSON.stringify(found?.input)).toContain(`"enum":[${long},7]`);
    expect(JSON.stringify(found?.structured_output.schema)).toContain(`"const":${long}`);
  });

  it('lists more agents than one page holds', async () => {
    await dynamo.createTable('many', { hash: 'agent_name', range: 'version' });
    const instructions = 'x'.repeat(150_000);
    for (let index = 0; index < 12; index += 1) {
      await dynamo.put('many', { agent_name: `a${index}`, version: 'v1', model: 'claude-haiku-5-5', instructions });
    }
    for (let index = 0; index < 10; index += 1) {
      await dynamo.put('many', { agent_name: 'one', version: `v${index}`, model: 'claude-haiku-5-5', instructions });
    }
    expect(await open('many').list()).toHaveLength(22);
    expect((await open('many').find('one'))?.version).toBe('v9');
  });

  it('leaves a broken item out of the list, and names its faults when it is asked for', async () => {
    await dynamo.createTable('broken', { hash: 'agent_name', range: 'version' });
    await dynamo.put('broken', { agent_name: 'good', version: 'v1', model: 'claude-haiku-5-5', instructions: 'x' });
    await dynamo.put('broken', { agent_name: 'bad', version: 'v1', model: 'claude-haiku-5-5', instructions: 'x' });
    await dynamo.put('broken', {
      agent_name: 'bad',
      version: 'v2',
      model: 'mystery-model',
      instructions: 'x',
      tools: [{ module: './x.mjs' }],
    });
    const registry = open('broken');
    expect((await registry.list()).map(({ name, version }) => `${name}@${version}`)).toEqual(['bad@v1', 'good@v1']);
    const error = await fault(registry.find('bad'));
    expect(error.code).toBe('agents_invalid');
    expect(error.message).toContain('The item bad@v2 of dynamodb://broken is not an agent: model is "mystery-model"');
  });

  it('refuses relative paths, which start nowhere', async () => {
    await dynamo.createTable('paths', { hash: 'agent_name', range: 'version' });
    const item = {
      agent_name: 'p',
      version: 'v1',
      model: 'scripts/a.yaml',
      instructions: 'x',
      tools: [{ module: './x.mjs' }],
    };
    await dynamo.put('paths', item);
    const error = await fault(open('paths').find('p'));
    expect(error.message).toContain('tools[0].module is a relative path');
    expect(error.message).toContain('model is a relative path');
  });

  it('says that the table is not there', async () => {
    const error = await fault(open('nowhere').list());
    expect(error.code).toBe('registry_unavailable');
    expect(error.message).toMatch(/^dynamodb:\/\/nowhere: there is no such table/);
  });

  it('says that the table has another key', async () => {
    await dynamo.createTable('otherkey', { hash: 'id' });
    expect((await fault(open('otherkey').find('x'))).message).toContain('does not have the key agent_name');
  });

  it('says that there are no credentials', async () => {
    const before = { ...process.env };
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nonexistent';
    process.env['AWS_CONFIG_FILE'] = '/nonexistent';
    try {
      const error = await fault(open('agents').list());
      expect(error.message).toContain('there are no AWS credentials');
    } finally {
      process.env = before;
    }
  });

  it('says that nothing answers', async () => {
    const registry = createDynamoRegistry({
      table: 'agents',
      region: 'eu-west-2',
      endpoint: 'http://127.0.0.1:9',
      log: createSilentLog(),
    });
    const error = await fault(registry.list());
    expect(error.code).toBe('registry_unavailable');
    expect(error.message).toContain("can't be read");
  });
});
