import { afterEach, describe, expect, it } from 'vitest';
import { openAgent } from '../../../src/agent/open-agent.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import type { RunHooks, RunOutcome } from '../../../src/protocol/run.ts';
import { createAnthropicProvider } from '../../../src/providers/anthropic/anthropic-provider.ts';
import { echoAnswer, twoTurnAnswer } from '../../support/echo-agent.ts';
import { type MessagesServer, type MessagesServerOptions, startMessagesServer } from '../../support/messages-server.ts';
import { targetAgent, tool, transcriptFaults } from '../../support/scripted-run.ts';

const ROWS = 200;
const CONCURRENCY = 50;

let server: MessagesServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Runs one agent over rows, some at a time, on the real SDK and a server with shuffled latencies. */
async function runRows(respond: MessagesServerOptions['respond'], stream: boolean) {
  server = await startMessagesServer({ respond, latencyMs: [0, 20], seed: 7 });
  const provider = createAnthropicProvider({ apiKey: 'key', baseUrl: server.url, log: createSilentLog() });
  const looked: string[] = [];
  const lookup = tool('lookup', {
    inputSchema: { type: 'object', properties: { address: { type: 'string' } }, required: ['address'] },
    execute: async ({ address }) => {
      looked.push(String(address));
      return { found: address ?? null };
    },
  });
  const agent = openAgent({
    definition: targetAgent(),
    toolSet: { tools: [lookup], close: async () => undefined },
    log: createSilentLog(),
  });
  const outcomes: RunOutcome[] = [];
  const hooksFor = (runId: string): RunHooks => {
    const { signal } = new AbortController();
    return {
      runId,
      signal,
      stream,
      callModel: ({ request, onText }) =>
        provider.respond(request, { signal, ...(onText === undefined ? {} : { onText }) }),
      callTool: (_call, execute) => execute(runId),
    };
  };
  let next = 0;
  const worker = async () => {
    for (let row = next++; row < ROWS; row = next++) {
      const content = JSON.stringify({ address: `${row} High Street` });
      outcomes[row] = await agent.run([{ role: 'user', content }], hooksFor(`row ${row}`));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return { outcomes, looked, stats: server.stats };
}

describe.each([
  ['whole', false],
  ['streamed', true],
])('an agent over the real SDK, answers %s', (_way, stream) => {
  it('puts every answer on its own row', async () => {
    const { outcomes, stats } = await runRows(echoAnswer, stream);
    expect(outcomes.map((outcome) => outcome.status === 'succeeded' && outcome.structured)).toEqual(
      Array.from({ length: ROWS }, (_, row) => ({ city: `echo:${row} High Street` })),
    );
    expect(stats).toMatchObject({ requests: ROWS, answered: ROWS });
    expect(stats.mostInFlight).toBeGreaterThan(5);
  });

  it('gives every row its own tool results', async () => {
    const { outcomes, looked, stats } = await runRows(twoTurnAnswer, stream);
    for (const [row, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject({ status: 'succeeded', turns: 2 });
      expect(transcriptFaults(outcome.messages)).toEqual([]);
      expect(outcome.messages[1]).toMatchObject({ content: [{ content: `{"found":"${row} High Street"}` }] });
    }
    expect(looked.toSorted()).toEqual(Array.from({ length: ROWS }, (_, row) => `${row} High Street`).toSorted());
    expect(stats.answered).toBe(2 * ROWS);
  });
});
