import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { lenientArguments } from '../../src/mcp/lenient-arguments.ts';
import { createMcpServerFactory } from '../../src/mcp/server.ts';
import type { JsonObject } from '../../src/protocol/messages.ts';
import { type Rig, startRig } from '../tools/rig.ts';
import { type AnyClient, CLIENTS } from './clients.ts';

let rig: Rig;
let client: AnyClient;
beforeAll(async () => {
  rig = await startRig({ drive: false });
  const connect = CLIENTS['SDK 2, 2026-07-28, one stream'];
  const { tools, confirmations, runner, registry } = rig;
  const factory = createMcpServerFactory({
    tools,
    confirmations,
    runner,
    registry,
    version: '1.0.0',
    log: createSilentLog(),
  });
  client = (await connect?.(factory)) as AnyClient;
});
afterAll(async () => {
  await client.close();
  await rig.close();
});

const TARGET = { type: 'agent', name: 'speed-checker' };

describe('an MCP client that sends what its schema does not say', () => {
  it('starts a batch with nested objects as JSON text, values as text, nulls and a field of its own', async () => {
    const options = { sample: '1', spreadsheet_safe: 'true', max_cost_usd: '2.50', mode: null };
    const result = await client.callTool({
      name: 'execute_batch_processor',
      arguments: {
        toolCallId: 'call_1',
        action: null,
        csv_uri: join(rig.folder, 'addresses.csv'),
        csv_s3_uri: null,
        target: JSON.stringify(TARGET),
        input_mapping: JSON.stringify({
          address: { column: 'Address' },
          postcode: '{% postcode %}',
          floor: { value: '2' },
        }),
        output_mapping: JSON.stringify({ structured_output_fields: '["speed"]', metadata: null }),
        options: JSON.stringify({ ...options, dry_run: 'true' }),
      },
    });
    expect(result.structuredContent).toMatchObject({
      dry_run: true,
      problems: [],
      output_columns: ['speed', '_status', '_processing_time', '_error'],
      // A mapping's constant may be text: it stays as it is.
      input_mapping: { address: { column: 'Address' }, postcode: '{% postcode %}', floor: { value: '2' } },
    });
  });

  it('defines an agent as JSON text, with its list of fields as JSON text inside', async () => {
    const fields = JSON.stringify([{ name: 'house', type: 'boolean', nullable: 'true', values: null }]);
    const target = JSON.stringify({
      type: 'inline',
      prompt: 'Is {Address} a house?',
      fields,
      model: 'claude-haiku-5-5',
    });
    const result = await client.callTool({
      name: 'validate_agent_compatibility',
      arguments: { csv_uri: join(rig.folder, 'addresses.csv'), target, agent_name: null },
    });
    expect(result.structuredContent).toMatchObject({
      compatible: true,
      output_schema: { properties: { house: { type: ['boolean', 'null'] } } },
    });
  });

  it('is still told of what would be lost', async () => {
    const args = { csv_uri: 'a.csv', target: TARGET, options: { sample: 'two' }, tool_call: 1 };
    const result = await client.callTool({ name: 'execute_batch_processor', arguments: args });
    expect(result.isError).toBe(true);
    expect(result.content[0]?.text).toContain('must be a whole number of rows');
    expect(result.content[0]?.text).toContain('tool_call');
  });
});

describe('lenient arguments', () => {
  const tool = (name: string) => rig.tools.find((one) => one.name === name);
  const read = (args: JsonObject) => lenientArguments(args, tool('execute_batch_processor')?.inputSchema ?? {});

  it.each([
    ['1e3', '1e3'],
    ['007', '007'],
    ['', ''],
    ['9007199254740993', '9007199254740993'],
    ['0.1', 0.1],
    ['-3', -3],
    [' 2', ' 2'],
  ])('reads a cap of %j as %j', (text, value) => {
    expect(read({ options: { max_cost_usd: text } })).toEqual({ options: { max_cost_usd: value } });
  });

  it('keeps a null that has a meaning, and a null that must not be missing', () => {
    const given = { output_mapping: { rename: { speed: null } }, target: { type: 'inline', prompt: null } };
    expect(read(given)).toEqual(given);
  });

  it('does not read JSON text of which a part would be lost', () => {
    const given = { options: '{"max_cost_usd": 1, "max_cost_usd": 100}', target: '{"type": "agent"' };
    expect(read(given)).toEqual(given);
  });

  it('does not touch what the schema of another tool calls text', () => {
    expect(read({ csv_uri: '{"a": 1}', name: 'true', batch_id: '2' })).toEqual({
      csv_uri: '{"a": 1}',
      name: 'true',
      batch_id: '2',
    });
  });

  it('is not what models in a chat get: the tool itself is strict', async () => {
    const error = await rig.fail('execute_batch_processor', { csv_uri: 'a.csv', target: JSON.stringify(TARGET) });
    expect(error.code).toBe('invalid_arguments');
  });
});
