import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADDRESSES, type Rig, runToEnd, startRig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

describe('the five tools', () => {
  it('are these, with all hints and a described schema of every field', () => {
    expect(rig.tools.map((tool) => tool.name)).toEqual([
      'analyze_csv_structure',
      'validate_agent_compatibility',
      'execute_batch_processor',
      'monitor_batch_execution',
      'get_batch_results',
    ]);
    for (const tool of rig.tools) {
      expect(Object.values(tool.hints).every((hint) => typeof hint === 'boolean')).toBe(true);
      expect(Object.keys(tool.hints)).toHaveLength(4);
      for (const schema of [tool.inputSchema, tool.outputSchema]) {
        expect(schema['type']).toBe('object');
        expect(JSON.stringify(schema)).not.toMatch(/\$ref|"type":\[/);
        expect(undescribed(schema, tool.name)).toEqual([]);
      }
      expect(tool.outputSchema['properties']).toHaveProperty('summary');
      expect(tool.outputSchema['properties']).toHaveProperty('next_step');
    }
  });

  it('take a table to its answers', async () => {
    const profile = await rig.call('analyze_csv_structure', { csv_uri: rig.table });
    expect(profile).toMatchObject({ row_count: 3, malformed_count: 0, column_count: 3 });
    const fit = await rig.call('validate_agent_compatibility', { agent_name: 'speed-checker', csv_uri: rig.table });
    expect(fit).toMatchObject({ compatible: true, proposed_mapping: { address: 'Address', postcode: 'postcode' } });
    const id = await runToEnd(rig);
    const { rows, output_uri } = await rig.call('get_batch_results', { batch_id: id });
    expect(rows).toMatchObject([
      { row: 0, output: { speed: 'fast', seen: '1 High Street' }, _status: 'SUCCESS', _error: '' },
      { row: 1, output: { seen: '2 Low Road, Flat 3' }, input: { postcode: 'EF3 4GH' } },
      { row: 2, output: null, _status: 'FAILED' },
    ]);
    const lines = (await readFile(String(output_uri), 'utf8')).trimEnd().split(/\r?\n/);
    expect(lines[0]).toBe('Address,postcode,notes,speed,seen,_status,_processing_time,_error');
    expect(lines).toHaveLength(4);
  });

  it('keep cells out of summaries and advice', async () => {
    const id = await runToEnd(rig);
    const answers = [
      await rig.call('analyze_csv_structure', { csv_uri: rig.table }),
      await rig.call('validate_agent_compatibility', { agent_name: 'speed-checker', csv_uri: rig.table }),
      await rig.call('monitor_batch_execution', { batch_id: id }),
      await rig.call('get_batch_results', { batch_id: id }),
    ];
    const cells = ADDRESSES.split(/[\n,"]+/).filter((cell) => cell.trim() !== '');
    for (const { summary, next_step } of answers) {
      for (const cell of cells) expect(`${summary} ${next_step}`).not.toContain(cell);
    }
  });
});

/** Paths of properties without a description. */
function undescribed(node: unknown, path: string): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { properties = {}, ...rest } = node as { properties?: Record<string, Record<string, unknown>> };
  const own = Object.entries(properties).flatMap(([name, schema]) => [
    ...(typeof schema['description'] === 'string' && schema['description'] !== '' ? [] : [`${path}.${name}`]),
    ...undescribed(schema, `${path}.${name}`),
  ]);
  return [...own, ...Object.entries(rest).flatMap(([key, value]) => undescribed(value, `${path}/${key}`))];
}
