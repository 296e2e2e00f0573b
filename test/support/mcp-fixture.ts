import { appendFileSync } from 'node:fs';
import { fromJsonSchema, type JsonSchemaType, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A small, real MCP server whose tools show one thing each. `record` gets every call. */
export function createFixtureServer(record: (line: string) => void): McpServer {
  const server = new McpServer({ name: 'fixture', version: '1.0.0' });
  server.registerTool(
    'add',
    {
      title: 'Add',
      description: 'Adds two numbers.',
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: z.object({ sum: z.number() }),
      annotations: { readOnlyHint: true },
    },
    ({ a, b }, context) => {
      record(`add ${String(context.mcpReq._meta?.['rowmill/idempotencyKey'])}`);
      const structuredContent = { sum: a + b };
      return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
    },
  );
  server.registerTool('book', { description: 'Books a visit.', inputSchema: z.object({}) }, () => {
    record('book');
    return { content: [{ type: 'text', text: 'booked' }] };
  });
  server.registerTool('mixed.content', { inputSchema: z.object({}) }, () => ({
    content: [
      { type: 'text', text: 'see here' },
      { type: 'image', data: PIXEL, mimeType: 'image/png' },
      { type: 'resource_link', uri: 'file:///tmp/a.png', name: 'a.png', mimeType: 'image/png' },
      { type: 'resource', resource: { uri: 'note://1', text: 'a note' } },
      { type: 'resource', resource: { uri: 'blob://1', blob: PIXEL, mimeType: 'image/png' } },
    ],
  }));
  server.registerTool('fail', { inputSchema: z.object({}) }, () => ({
    isError: true,
    content: [{ type: 'text', text: 'the address does not exist' }],
  }));
  server.registerTool('environment', { inputSchema: z.object({}) }, () => ({
    content: [{ type: 'text', text: JSON.stringify(Object.keys(process.env).sort()) }],
  }));
  server.registerTool('secret', { inputSchema: z.object({}) }, () => ({
    content: [{ type: 'text', text: process.env['SECRET'] ?? 'none' }],
  }));
  server.registerTool('pid', { inputSchema: z.object({}) }, () => ({
    content: [{ type: 'text', text: String(process.pid) }],
  }));
  server.registerTool('never', { inputSchema: z.object({}) }, () => {
    record('never');
    return new Promise(() => undefined);
  });
  const die: JsonSchemaType = { type: 'object', properties: {} };
  server.registerTool('die', { inputSchema: fromJsonSchema(die) }, () => {
    record('die');
    process.exit(1);
  });
  return server;
}

/** Writes calls into a file that the test reads. */
export function recordTo(file: string | undefined): (line: string) => void {
  return (line) => {
    if (file !== undefined) appendFileSync(file, `${line}\n`);
  };
}
