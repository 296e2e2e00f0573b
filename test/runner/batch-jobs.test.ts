import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/messages.ts';
import { createAnthropicBatchApi } from '../../src/providers/anthropic-batch.ts';
import type { BatchApi } from '../../src/providers/batch-api.ts';
import type { WireAnswer, WireRequest } from '../support/messages-wire.ts';
import { anthropicBatchFormat } from '../support/providers/batch-anthropic.ts';
import { type BatchServer, type BatchServerOptions, startBatchServer } from '../support/providers/batch-server.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});

const rowOf = ({ messages }: WireRequest) => JSON.parse(String(messages[0]?.content)) as JsonObject;
const answer = (fields: object): WireAnswer => ({
  content: [{ type: 'tool_use', id: 'call_1', name: 'return_structured_data', input: fields }],
  usage: { input_tokens: 100, output_tokens: 20 },
});
const echoed: BatchServerOptions['respond'] = (request) => answer({ answer: `${rowOf(request)['q']}!` });

interface Opened {
  world: World;
  server: BatchServer;
  api: BatchApi;
}

/** A world whose model has a batch API: the played model answers in real time, the server in jobs. */
async function open(
  rows: number,
  behaviour: Partial<BatchServerOptions> = {},
  options: WorldOptions = {},
): Promise<Opened> {
  const server = await startBatchServer({ respond: echoed, createFormat: anthropicBatchFormat, ...behaviour });
  const api = createAnthropicBatchApi({ apiKey: 'key-1', baseUrl: server.url });
  const deps = { batchApi: async () => api, batchPollMs: 5, ...options.deps };
  const world = await startWorld({ ...options, deps });
  opened.push(server, api, world);
  await world.write('table.csv', `q\n${Array.from({ length: rows }, (_, row) => `w${row}`).join('\n')}\n`);
  return { world, server, api };
}

const outputOf = async (world: World) => (await world.read('out.csv')).trim().split('\n').slice(1);
const expectEchoed = async (world: World, rows: number) => {
  const lines = await outputOf(world);
  expect(lines.map((line) => line.split(',').slice(0, 3))).toEqual(
    Array.from({ length: rows }, (_, row) => [`w${row}`, `w${row}!`, 'SUCCESS']),
  );
};

describe('rows through a batch API', () => {
  it('come back in order, at half the price, after one call in real time', async () => {
    const { world, server } = await open(40);
    const id = await world.start({ mode: 'batch' });
    const report = await world.runner.drive(id);
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 40, failed: 0 } });
    await expectEchoed(world, 40);
    expect(world.sent).toEqual([{ q: 'w0' }]);
    expect(server.jobs.map(({ items }) => items.length)).toEqual([39]);
    // 100 tokens in and 20 out of claude-haiku-5-5 are $0.00002 in real time.
    expect(report.cost_usd).toBeCloseTo(0.00002 * (1 + 39 / 2), 12);
    expect(report.cost_usd_at_most).toBe(report.cost_usd);
    expect(report).toMatchObject({
      executor: 'batch',
      batch_calls: 39,
      discount_usd: expect.closeTo(0.00001 * 39, 12),
    });
  });

  it('are split into jobs by count, of which so many are open at once', async () => {
    const { world, server } = await open(36);
    const id = await world.start({ mode: 'batch', batch_job_requests: 10, batch_jobs: 2 });
    const report = await world.runner.drive(id);
    expect(report.status).toBe('completed');
    await expectEchoed(world, 36);
    expect(server.jobs.map(({ items }) => items.length)).toEqual([10, 10, 10, 5]);
    const creates = server.calls.flatMap(({ route }, at) => (route === 'create' ? [at] : []));
    const firstResults = server.calls.findIndex(({ route }) => route === 'results');
    expect(creates.filter((at) => at < firstResults)).toHaveLength(2);
  });

  it('go again when they are missing, expired or refused for now, and fail when they are refused for good', async () => {
    const seen = new Map<string, number>();
    const { world } = await open(160, {
      respond: (request, id) => {
        const row = Number(String(rowOf(request)['q']).slice(1));
        const times = (seen.get(`${row}`) ?? 0) + 1;
        seen.set(`${row}`, times);
        if (row === 7) return { item: 'refused', kind: 'invalid', message: 'no such thing' };
        if (times > 1 || row > 149) return echoed(request, id);
        if (row % 4 === 1) return { item: 'expired' };
        if (row % 4 === 2) return { item: 'missing' };
        if (row % 4 === 3) return { item: 'refused', kind: 'overloaded' };
        return echoed(request, id);
      },
    });
    const report = await world.runner.drive(await world.start({ mode: 'batch' }));
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 159, failed: 1 } });
    expect(report.failures).toMatchObject([{ code: 'model_request_invalid', count: 1, example: { row: 7 } }]);
    const lines = await outputOf(world);
    expect(lines.map((line) => line.split(',')[0])).toEqual(Array.from({ length: 160 }, (_, row) => `w${row}`));
    expect(lines.filter((line) => line.includes(',SUCCESS,'))).toHaveLength(159);
    // What is missing may have been paid for: it stays in the range.
    expect(report.cost_usd_at_most).toBeGreaterThan(report.cost_usd ?? 0);
  });

  it('take further turns in later jobs, and a small tail in real time', async () => {
    const { world, server } = await open(120, {
      respond: (request, id) => (request.messages.length === 1 ? answer({ wrong: 1 }) : echoed(request, id)),
    });
    const report = await world.runner.drive(await world.start({ mode: 'batch' }));
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 120 } });
    await expectEchoed(world, 120);
    expect(server.jobs.map(({ items }) => items.length)).toEqual([119, 119]);
    const small = await open(50, {
      respond: (request, id) => (rowOf(request)['q'] === 'w9' ? answer({ wrong: 1 }) : echoed(request, id)),
    });
    await small.world.runner.drive(await small.world.start({ mode: 'batch' }));
    await expectEchoed(small.world, 50);
    expect(small.world.sent).toEqual([{ q: 'w0' }, { q: 'w9' }]);
  });
});
