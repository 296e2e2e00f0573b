import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Rig, startRig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

describe('validate_agent_compatibility', () => {
  it('names the nearest agent and lists all for an unknown one', async () => {
    const answer = await rig.call('validate_agent_compatibility', { agent_name: 'speed-cheker' });
    expect(answer).toMatchObject({
      compatible: false,
      agent: null,
      problems: [{ code: 'agent_not_found', message: expect.stringContaining('"speed-checker"') }],
      available_agents: [
        { name: 'speed-checker', runs_in_batches: true },
        { name: 'talker', runs_in_batches: false },
      ],
    });
  });

  it('gives schemas without a table', async () => {
    const answer = await rig.call('validate_agent_compatibility', { agent_name: 'speed-checker@v1' });
    expect(answer).toMatchObject({
      compatible: true,
      agent: { name: 'speed-checker', version: 'v1', model: expect.stringContaining('scripted') },
      input_schema: { required: ['address', 'postcode'] },
      output_fields: ['speed', 'seen'],
      columns: null,
    });
  });

  it('tells every reason at once', async () => {
    const people = await rig.write('people.csv', 'name,street\nAda,High\n');
    const answer = await rig.call('validate_agent_compatibility', {
      agent_name: 'speed-checker',
      csv_uri: people,
      structured_output_fields: ['sped'],
    });
    expect(answer['compatible']).toBe(false);
    const problems = answer['problems'] as { code: string; message: string }[];
    expect(problems.map((problem) => problem.code).toSorted()).toEqual([
      'field_unknown',
      'mapping_invalid',
      'mapping_invalid',
    ]);
    expect(answer['unmapped_fields']).toEqual([
      { name: 'address', required: true },
      { name: 'postcode', required: true },
      { name: 'floor', required: false },
    ]);
  });

  it('refuses an agent without structured output, with and without a table', async () => {
    for (const table of [{}, { csv_uri: rig.table }]) {
      const answer = await rig.call('validate_agent_compatibility', { agent_name: 'talker', ...table });
      expect(answer).toMatchObject({ compatible: false, problems: [{ code: 'agent_not_structured' }] });
    }
  });

  it('checks a mapping against the table', async () => {
    const answer = await rig.call('validate_agent_compatibility', {
      agent_name: 'speed-checker',
      csv_uri: rig.table,
      input_mapping: { address: 'Adress', postcode: { column: 'postcode' }, floor: { value: 2 } },
    });
    expect(answer).toMatchObject({
      compatible: false,
      problems: [{ code: 'column_unknown', message: expect.stringContaining('"Address"') }],
    });
  });
});
