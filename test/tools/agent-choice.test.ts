import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localCaller } from '../../src/runner/contract/caller.ts';
import { createValidateTool } from '../../src/tools/validate-agent-compatibility.ts';
import { toolContext } from '../support/tool-context.ts';
import { type Rig, startRig } from './rig.ts';

const QUESTION = { type: 'inline', prompt: 'Is {Address} a house?', fields: [{ name: 'house', type: 'boolean' }] };
let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ drive: false });
});
afterAll(() => rig.close());

describe.each(['execute_batch_processor', 'validate_agent_compatibility'])('%s', (tool) => {
  const only = tool === 'execute_batch_processor' ? { options: { dry_run: true } } : {};
  const call = (args: object) => rig.call(tool, { csv_uri: rig.table, ...only, ...args } as never);
  const fail = (args: object) => rig.fail(tool, { csv_uri: rig.table, ...only, ...args } as never);

  it.each([
    [{ agent_name: 'speed-checker' }],
    [{ agent_name: 'speed-checker@v1' }],
    [{ agent_name: 'speed-checker', version: 'v1' }],
    [{ target: { name: 'speed-checker' } }],
    [{ target: { name: 'speed-checker@v1' } }],
    [{ target: { type: 'agent', name: 'speed-checker', version: 'v1' }, agent_name: 'speed-checker' }],
  ])('takes the agent as %j', async (args) => {
    const answer = await call(args);
    expect(answer['problems']).toEqual([]);
    expect(JSON.stringify(answer['agent'])).toContain('speed-checker');
  });

  it.each([
    [{}, 'names no agent'],
    [{ agent_name: 'speed-checker', target: { name: 'talker' } }, 'names two agents'],
    [{ agent_name: 'speed-checker', target: QUESTION }, 'names two agents'],
    [{ target: { ...QUESTION, tools: [] } }, 'unknown field "tools"'],
    [{ target: { ...QUESTION, fields: [] } }, 'at least one field'],
    [{ target: { ...QUESTION, fields: [...QUESTION.fields, ...QUESTION.fields] } }, 'different names'],
    [{ target: { ...QUESTION, type: 'shell' } }, 'type must be "agent" or "inline"'],
  ])('refuses %j', async (args, words) => {
    expect((await fail(args)).message).toContain(words);
  });

  it('takes an agent that the call defines', async () => {
    const answer = await call({ target: { ...QUESTION, model: 'claude-haiku-5-5' } });
    expect(answer).toMatchObject({ problems: [], output_columns: ['house', '_status', '_processing_time', '_error'] });
  });

  it('names the nearest column for a placeholder that is none', async () => {
    const target = { ...QUESTION, prompt: 'Is {Adress} a house?', model: 'claude-haiku-5-5' };
    const { problems } = (await call({ target })) as unknown as { problems: { code: string; message: string }[] };
    expect(problems).toHaveLength(1);
    expect(problems[0]?.code).toBe('column_unknown');
    expect(problems[0]?.message).toContain('Did you mean {Address}?');
  });
});

it.each(['chat', 'mcp'] as const)('a talk through %s can not name a file as a model', async (face) => {
  const tool = createValidateTool({ runner: rig.runner.as(localCaller(face)), registry: rig.registry });
  for (const table of [{}, { csv_uri: rig.table }]) {
    const result = await tool.execute({ target: { ...QUESTION, model: '/etc/speed.yaml' }, ...table }, toolContext());
    expect(result.structured?.['compatible']).toBe(false);
    expect(result.content).toContain('only the command line may name');
  }
});

it.each(['chat', 'mcp'] as const)(
  'a talk through %s can not retry rows with a file or an ARN as the model',
  async (face) => {
    const target = { ...QUESTION, model: 'claude-haiku-5-5' };
    const { batch_id } = await rig.call('execute_batch_processor', { csv_uri: rig.table, target });
    const runner = rig.runner.as(localCaller(face));
    for (const model of [
      'scripted//etc/speed.yaml',
      'bedrock/arn:aws:bedrock:us-east-1:666666666666:inference-profile/x',
    ]) {
      const retry = runner.planRetry(String(batch_id), { model });
      await expect(retry).rejects.toThrow('only the command line may name');
    }
    // Another model of a provider is only refused because the batch has not ended.
    const other = runner.planRetry(String(batch_id), { model: 'anthropic/claude-sonnet-5-5' });
    await expect(other).rejects.toMatchObject({ code: 'batch_state_invalid' });
  },
);
