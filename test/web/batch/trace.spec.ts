import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { twoTurnAnswer } from '../../support/echo-agent.ts';
import { expectAccessible } from '../support/accessible.ts';
import { createBatch, untilBatch } from '../support/create-batch.ts';
import { expect, test } from '../support/fixtures.ts';
import type { Schemas, Service } from '../support/service.ts';

const AGENTS = `agents:
  - name: counter
    model: claude-haiku-5-5
    instructions: Count, then answer.
    input: {type: object, properties: {q: {type: string}}, required: [q]}
    tools:
      - http:
          name: count_words
          description: Counts.
          url: "\${TOOL_URL}/count?q={q}"
          input: {type: object, properties: {q: {type: string}}, required: [q]}
    structured_output:
      enabled: true
      schema: {type: object, properties: {answer: {type: string}}, required: [answer]}
`;

/** A tool that answers when the test lets it. */
interface HeldTool {
  url: string;
  calls: number;
  release(): void;
  close(): Promise<void>;
}

async function startTool(): Promise<HeldTool> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const server: Server = createServer((_, response) => {
    tool.calls += 1;
    void released.then(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{"count": 3}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const tool = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: 0,
    release,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return tool;
}

const withTool = test.extend<{ tool: HeldTool }>({
  tool: async ({ browserName: _ }, use) => {
    const tool = await startTool();
    await use(tool);
    await tool.close();
  },
  environment: async ({ tool }, use, info) => {
    const agents = info.outputPath('agents.yaml');
    writeFileSync(agents, AGENTS);
    await use({ ROWMILL_AGENTS: agents, TOOL_URL: tool.url });
  },
});

/** A batch of one row whose agent calls the tool and then answers. */
async function startCounting(service: Service): Promise<string> {
  service.model.answerWith(twoTurnAnswer);
  const target = { type: 'agent', name: 'counter' };
  const { batch_id: id } = await createBatch(service, { table: 'q\nthree small words\n', target });
  return id;
}

/** The calls of the journal with their seconds, as the page writes them. */
async function journalOf(service: Service, id: string): Promise<string[][]> {
  const { attempts } = await service.send<Schemas['RowTrace']>('GET', `/v1/batches/${id}/rows/0`);
  const entries = (attempts[0]?.entries ?? []) as unknown as {
    kind: 'model' | 'tool';
    name: string;
    at: number;
    answer: { at: number };
  }[];
  return entries.map(({ kind, name, at, answer }) => [
    kind === 'model' ? 'Model call' : name,
    `${((answer.at - at) / 1000).toFixed(2)} s`,
  ]);
}

const trace = (page: Page) => page.getByRole('complementary', { name: 'Row 0' }).getByRole('tabpanel');
const spans = (page: Page) => trace(page).locator('summary');

withTool(
  'the trace shows calls of the model and of tools, with how long each took',
  async ({ page, service, tool }) => {
    const id = await startCounting(service);
    await expect.poll(() => tool.calls).toBe(1);
    await page.goto(`/batches/${id}/rows?row=0`);
    await expect(spans(page)).toHaveText([/^Model call\d+\.\d\d s$/, /^count_wordsno answer$/]);
    tool.release();
    await untilBatch(service, id, ({ status }) => status === 'completed');
    const calls = await journalOf(service, id);
    expect(calls.map(([name]) => name)).toEqual(['Model call', 'count_words', 'Model call']);
    await expect(spans(page)).toHaveText(calls.map((call) => call.join('')));
    await spans(page).nth(1).click();
    await expect(trace(page)).toContainText('"q": "three small words"');
    await expect(trace(page)).toContainText('"count": 3');
    await expectAccessible(page);
  },
);

withTool(
  'bars of the trace stand in the order of time, and a tool that was slow has the widest',
  async ({ page, service, tool }) => {
    const id = await startCounting(service);
    await expect.poll(() => tool.calls).toBe(1);
    await page.goto(`/batches/${id}/rows?row=0`);
    await expect(spans(page)).toHaveCount(2);
    await expectAccessible(page);
    tool.release();
    await untilBatch(service, id, ({ status }) => status === 'completed');
    await expect(spans(page)).toHaveCount(3);
    await expect(spans(page).getByText('no answer')).toHaveCount(0);
    const bars = await trace(page)
      .locator('summary rect[height="6"]')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map(({ x, width }) => ({ x, width })));
    expect(bars).toHaveLength(3);
    const [first, second, third] = bars.map(({ x }) => x);
    expect([first, second, third]).toEqual([first, second, third].toSorted((a = 0, b = 0) => a - b));
    expect(Math.max(...bars.map(({ width }) => width))).toBe(bars[1]?.width);
  },
);
