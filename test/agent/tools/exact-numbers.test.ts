import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toToolResult } from '../../../src/agent/tools/mcp-content.ts';
import { openTools } from '../../../src/agent/tools/open-tools.ts';
import { ExactNumber } from '../../../src/base/json/exact-number.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import { compileExpression } from '../../../src/expressions/expressions.ts';
import { targetAgent } from '../../support/scripted-run.ts';
import { toolContext } from '../../support/tool-context.ts';

const ID = new ExactNumber('1234567890123456789');

/** A stdio server of the older revision, in text: it answers a call with the call's own line. */
const ECHO = `import { createInterface } from 'node:readline';
const send = (id, result) => console.log('{"jsonrpc":"2.0","id":' + JSON.stringify(id) + ',"result":' + result + '}');
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (method === 'initialize')
    send(id, '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"echo","version":"1"}}');
  if (method === 'tools/list')
    send(id, '{"tools":[{"name":"echo","inputSchema":{"type":"object","properties":{"id":{"type":"integer"}}}}]}');
  if (method === 'tools/call') send(id, '{"content":[{"type":"text","text":' + JSON.stringify(line) + '}]}');
});
`;

const MODULE = `export const tool = {
  name: 'double', description: 'Doubles.', inputSchema: { type: 'object' },
  execute: ({ id }) => ({ text: String(id), kind: typeof id, twice: id * 2n, small: 7n }),
};
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-exact-'));
  await writeFile(join(folder, 'echo.mjs'), ECHO);
  await writeFile(join(folder, 'double.mjs'), MODULE);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function execute(tool: object) {
  const definition = { ...targetAgent({ tools: [tool] }), base_dir: folder };
  const set = await openTools(definition, { env: { PATH: process.env['PATH'] }, log: createSilentLog() });
  try {
    return await set.tools[0]?.execute({ id: ID }, toolContext());
  } finally {
    await set.close();
  }
}

it('an MCP tool is sent every digit', async () => {
  const result = await execute({ mcp: { command: process.execPath, args: ['echo.mjs'] } });
  expect(result).toMatchObject({ content: expect.stringContaining('"id":1234567890123456789'), isError: false });
});

it('an MCP answer that the client has rounded is an error, unless it is there as text too', () => {
  const structuredContent = { id: 1234567890123456800 };
  expect(toToolResult({ content: [], structuredContent })).toMatchObject({ isError: true });
  expect(toToolResult({ content: [{ type: 'text', text: '{"id":1234567890123456789}' }], structuredContent })).toEqual({
    content: '{"id":1234567890123456789}',
    isError: false,
    structured: structuredContent,
  });
});

it('a module gets a BigInt, and may return one', async () => {
  expect(JSON.stringify(await execute({ module: './double.mjs' }))).toBe(
    '{"text":"1234567890123456789","kind":"bigint","twice":2469135780246913578,"small":7}',
  );
});

it('an expression sees the digits as text', async () => {
  const expression = compileExpression(
    '{"id": row.id, "text": "no. " & row.id, "same": row.id = "1234567890123456789"}',
    'it',
  );
  expect(await expression.evaluate({ row: { id: ID } })).toEqual({
    id: '1234567890123456789',
    text: 'no. 1234567890123456789',
    same: true,
  });
});
