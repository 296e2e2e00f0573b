import { PassThrough } from 'node:stream';
import { McpServer } from '@modelcontextprotocol/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { createSilentLog } from '../../src/base/log.ts';
import { createMcpHttpHandler } from '../../src/mcp/http.ts';
import { serveMcpStdio } from '../../src/mcp/stdio.ts';

const LONG = '12345678901234567890';

/** A server whose tool keeps its arguments as JSON. */
function startServer() {
  const taken: string[] = [];
  const factory = () => {
    const server = new McpServer({ name: 'exact', version: '1' });
    server.registerTool('take', { inputSchema: z.looseObject({}) }, async (given) => {
      taken.push(JSON.stringify(given));
      return { content: [{ type: 'text', text: 'taken' }] };
    });
    return server;
  };
  return { taken, factory };
}

/** A call with a long number in its arguments, and others beside them. */
const call = (id: string) =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"take","_meta":{"n":${LONG}},"arguments":{"a":{"id":${LONG}},"b":1.5}}}`;
const EXPECTED = [`{"a":{"id":${LONG}},"b":1.5}`];

it('arguments over HTTP keep every digit', async () => {
  const { taken, factory } = startServer();
  const handler = createMcpHttpHandler(factory, { log: createSilentLog() });
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const send = (body: string) =>
    handler.fetch(new Request('http://rowmill.test/mcp', { method: 'POST', headers, body }));
  const response = await send(call('1'));
  expect(await response.text()).toContain('taken');
  expect(taken).toEqual(EXPECTED);
  expect((await send(`{"jsonrpc":${LONG}`)).status).toBe(400);
  await handler.close();
});

it('arguments over stdio keep every digit', async () => {
  const { taken, factory } = startServer();
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const served = serveMcpStdio(factory, { log: createSilentLog(), stdin, stdout });
  const clientInfo = { name: 't', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
  stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  stdin.end(`${call('"two"')}\n`);
  stdout.resume();
  await served;
  expect(taken).toEqual(EXPECTED);
});
