import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { createMcpServerFactory } from '../../src/mcp/server.ts';
import { type Rig, startRig } from '../tools/rig.ts';
import { type AnyClient, CLIENTS } from './clients.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

function factory() {
  const { tools, confirmations, runner, registry } = rig;
  return createMcpServerFactory({ tools, confirmations, runner, registry, version: '9.8.7', log: createSilentLog() });
}

async function runBatch(client: AnyClient, csvUri = join(rig.folder, 'addresses.csv')): Promise<string> {
  const target = { type: 'agent', name: 'speed-checker' };
  const started = await client.callTool({
    name: 'execute_batch_processor',
    arguments: { csv_uri: csvUri, target },
  });
  const id = String(started.structuredContent?.['batch_id']);
  const ended = await client.callTool({
    name: 'monitor_batch_execution',
    arguments: { batch_id: id, wait_seconds: 30 },
  });
  expect(ended.structuredContent).toMatchObject({ status: 'completed' });
  return id;
}

describe.each(Object.entries(CLIENTS))('an MCP client (%s)', (_how, connect) => {
  let client: AnyClient;
  beforeEach(async () => {
    client = await connect(factory());
  });
  afterEach(() => client.close());

  it('learns who the server is and how to use it', () => {
    expect(client.getServerVersion()).toMatchObject({ name: 'rowmill', version: '9.8.7' });
    expect(client.getInstructions()).toContain('analyze_csv_structure');
  });

  it('sees exactly the five tools, with titles, schemas and all four hints', async () => {
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual(rig.tools.map((tool) => tool.name));
    for (const tool of tools) {
      expect(tool.title).toBeTruthy();
      expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(tool.outputSchema).toMatchObject({ type: 'object' });
      for (const hint of ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint']) {
        expect(typeof tool.annotations?.[hint]).toBe('boolean');
      }
    }
  });

  it('takes a table to its answers, with the structured answer mirrored as text and a link to the table', async () => {
    const id = await runBatch(client);
    const results = await client.callTool({ name: 'get_batch_results', arguments: { batch_id: id } });
    expect(results.structuredContent?.['rows']).toMatchObject([
      { output: { seen: '1 High Street' } },
      { output: { seen: '2 Low Road, Flat 3' } },
      { _status: 'FAILED' },
    ]);
    expect(JSON.parse(results.content[0]?.text ?? '')).toEqual(results.structuredContent);
    expect(results.content[1]).toMatchObject({
      type: 'resource_link',
      uri: `rowmill://batches/${id}/results.csv`,
      mimeType: 'text/csv',
    });
    const { contents } = await client.readResource({ uri: `rowmill://batches/${id}/results.csv` });
    expect(contents[0]?.mimeType).toBe('text/csv');
    expect(contents[0]?.text?.split(/\r?\n/)[0]).toBe(
      'Address,postcode,notes,speed,seen,_status,_processing_time,_error',
    );
    const { resources } = await client.listResources();
    const uris = resources.map((resource) => resource.uri);
    expect(uris).toContain('rowmill://agents');
    expect(uris).toContain(`rowmill://batches/${id}`);
    expect(uris).toContain(`rowmill://batches/${id}/results.csv`);
    const report = await client.readResource({ uri: `rowmill://batches/${id}` });
    expect(JSON.parse(report.contents[0]?.text ?? '')).toMatchObject({ batch_id: id, status: 'completed' });
  });

  it('hears progress from monitor when it asks for it', async () => {
    const started = await client.callTool({
      name: 'execute_batch_processor',
      arguments: { csv_uri: join(rig.folder, 'addresses.csv'), target: { name: 'speed-checker' } },
    });
    const seen: number[] = [];
    await client.callTool(
      {
        name: 'monitor_batch_execution',
        arguments: { batch_id: started.structuredContent?.['batch_id'], wait_seconds: 30 },
      },
      { onprogress: ({ progress }) => seen.push(progress) },
    );
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.at(-1)).toBe(3);
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
  });

  it('gets bad arguments back as a tool error with the fix', async () => {
    const result = await client.callTool({
      name: 'execute_batch_processor',
      arguments: { csv_uri: 'a.csv', target: { name: 'x' }, options: { speed: 'high' } },
    });
    expect(result.isError).toBe(true);
    expect(JSON.parse(result.content[0]?.text ?? '')).toMatchObject({
      error: { code: 'option_not_supported', message: expect.stringContaining('unknown field "speed"') },
      next_step: expect.stringContaining('call the tool again'),
    });
    expect(result.structuredContent).toBeUndefined();
  });

  it('gets -32602 for an unknown tool and an unknown prompt', async () => {
    await expect(client.callTool({ name: 'delete_everything', arguments: {} })).rejects.toMatchObject({ code: -32602 });
    await expect(client.getPrompt({ name: 'none' })).rejects.toMatchObject({ code: -32602 });
  });

  it('gets the protocol error of a resource that does not exist', async () => {
    await expect(client.readResource({ uri: 'rowmill://batches/bat_none' })).rejects.toThrow(/bat_none/);
    await expect(client.readResource({ uri: 'rowmill://batches/bat_none/results.csv' })).rejects.toThrow(/bat_none/);
    await expect(client.readResource({ uri: 'rowmill://nothing' })).rejects.toMatchObject({
      data: { uri: 'rowmill://nothing' },
    });
  });

  it('reads the agents without their instructions', async () => {
    const { contents } = await client.readResource({ uri: 'rowmill://agents' });
    const { agents } = JSON.parse(contents[0]?.text ?? '');
    expect(agents).toMatchObject([
      { name: 'speed-checker', input_schema: { required: ['address', 'postcode'] } },
      { name: 'talker', structured_output: false },
    ]);
    expect(contents[0]?.text).not.toContain('instructions');
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map((template) => template.uriTemplate)).toEqual([
      'rowmill://batches/{id}',
      'rowmill://batches/{id}/results.csv',
    ]);
  });

  it('has agent names and batch ids completed', async () => {
    const ref = { type: 'ref/prompt' as const, name: 'process_table' };
    const names = await client.complete({ ref, argument: { name: 'agent_name', value: 'sp' } });
    expect(names.completion.values).toEqual(['speed-checker']);
    const id = await runBatch(client);
    const ids = await client.complete({
      ref: { type: 'ref/resource', uri: 'rowmill://batches/{id}' },
      argument: { name: 'id', value: id.slice(0, -1) },
    });
    expect(ids.completion.values).toEqual([id]);
  });

  it('gets the prompt that leads through the five tools', async () => {
    const { prompts } = await client.listPrompts();
    expect(prompts).toMatchObject([
      {
        name: 'process_table',
        arguments: [
          { name: 'csv_uri', required: true },
          { name: 'agent_name', required: false },
          { name: 'question', required: false },
        ],
      },
    ]);
    const { messages } = await client.getPrompt({
      name: 'process_table',
      arguments: { csv_uri: 'a.csv', agent_name: 'speed-checker', question: 'How fast?' },
    });
    const text = messages[0]?.content.text ?? '';
    for (const tool of rig.tools) {
      if (tool.name !== 'get_batch_results') expect(text).toContain(tool.name);
    }
    expect(text).toContain('"speed-checker"');
    expect(text).toContain('How fast?');
    await expect(client.getPrompt({ name: 'process_table', arguments: {} })).rejects.toThrow(/csv_uri/);
  });
});

describe('the results resource', () => {
  it('is refused above 1 MB with the place of the whole table, never cut', async () => {
    const connect = CLIENTS['SDK 2, 2025-11-25, one stream'];
    if (connect === undefined) throw new Error('The client is gone.');
    const client = await connect(factory());
    const lines = Array.from({ length: 60 }, (_, index) => `${index}${'z'.repeat(20_000)},AB1`);
    const id = await runBatch(client, await rig.write('big.csv', `address,postcode\n${lines.join('\n')}\n`));
    await expect(client.readResource({ uri: `rowmill://batches/${id}/results.csv` })).rejects.toThrow(
      /longer than the 1 MB.*read it at .*big\.speed-checker\.csv.*get_batch_results/,
    );
    await client.close();
  });
});
