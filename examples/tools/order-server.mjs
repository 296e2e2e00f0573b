// An MCP server over stdio, as any of yours might be: it knows a few invented orders.
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod';

const ORDERS = {
  'RM-10231': 'handed to the carrier on 2026-11-17, delayed in the Marlbury depot',
  'RM-10244': 'delivered on 2026-11-18; two payments of £39.90 taken',
  'RM-10252': 'delivered on 2026-11-19',
  'RM-10260': 'delivered on 2026-11-12; product recalled on 2026-11-19',
  'RM-10271': 'being packed',
};

serveStdio(() => {
  const server = new McpServer({ name: 'orders', version: '1.0.0' });
  server.registerTool(
    'find_order',
    {
      title: 'Find an order',
      description: 'Tells where an order is. An order that is not known is an error.',
      inputSchema: z.object({ order: z.string().describe('Number of the order, such as RM-10231.') }),
      // Rowmill takes a read-only tool to be safe to call again after a crash.
      annotations: { readOnlyHint: true },
    },
    ({ order }) => {
      const status = ORDERS[order.trim().toUpperCase()];
      if (status !== undefined) return { content: [{ type: 'text', text: status }] };
      return { isError: true, content: [{ type: 'text', text: `There is no order ${order}.` }] };
    },
  );
  return server;
});
