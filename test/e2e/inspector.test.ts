import { afterAll, beforeAll, it } from 'vitest';
import { type Inspector, openInspector } from '../mcp/inspect.ts';

let inspector: Inspector;
beforeAll(async () => {
  inspector = await openInspector();
});
afterAll(() => inspector.close());

it.each([
  ['stdio', 'modern'],
  ['stdio', 'legacy'],
  ['HTTP', 'legacy'],
])(
  'mcp-inspector finds five portable tools over %s and calls each of them (%s era)',
  async (transport, era) => {
    await inspector.callEachTool(era, transport);
  },
  120_000,
);
