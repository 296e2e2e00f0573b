import { afterAll, beforeAll, it } from 'vitest';
import { type Inspector, openInspector } from './inspect.ts';

let inspector: Inspector;
beforeAll(async () => {
  inspector = await openInspector();
});
afterAll(() => inspector.close());

// test/e2e/inspector.test.ts has the other era, and stdio.
it('mcp-inspector finds five portable tools over HTTP and calls each of them', async () => {
  await inspector.callEachTool('modern', 'HTTP');
}, 120_000);
