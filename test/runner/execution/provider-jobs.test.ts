import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import type { JsonObject } from '../../../src/protocol/messages.ts';
import { createAnthropicBatchApi } from '../../../src/providers/anthropic/anthropic-batch.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import type { BatchApi } from '../../../src/providers/provider-jobs/batch-api.ts';
import type { ProviderJobReport } from '../../../src/runner/contract/report/report.ts';
import { providerJobText } from '../../../src/runner/output/provider-job-report.ts';
import type { WireAnswer, WireRequest } from '../../support/messages-wire.ts';
import { anthropicBatchFormat } from '../../support/providers/batch-anthropic.ts';
import {
  type BatchFault,
  type BatchServer,
  type BatchServerOptions,
  startBatchServer,
} from '../../support/providers/batch-server.ts';
import type { RefusalKind } from '../../support/providers/wire-server.ts';
import { say, startWorld, USAGE, until, type World, type WorldOptions } from '../world.ts';

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
      executor: 'batch-api',
      batch_calls: 39,
      discount_usd: expect.closeTo(0.00001 * 39, 12),
    });
  });

  it('are answered in native form, and shown as calls in the trace', async () => {
    const schema = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] };
    const agent = { structured_output: { enabled: true, mode: 'auto', schema } };
    // As on Bedrock, where it depends on the model.
    const provider: Provider = {
      name: 'anthropic',
      sendsStrict: ({ model }) => model === 'claude-haiku-5-5',
      respond: async ({ model }) => ({ content: say({ answer: 'w0!' }), stopReason: 'tool_use', usage: USAGE, model }),
      close: async () => undefined,
    };
    const { world, server } = await open(4, {}, { agent, deps: { provider: async () => provider } });
    const id = await world.start({ mode: 'batch' });
    expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 4 } });
    await expectEchoed(world, 4);
    const asked = server.jobs.flatMap(({ items }) => items.map(({ request }) => request));
    expect(asked.map(({ output_config: output, tools }) => [output?.format?.type, tools])).toEqual(
      asked.map(() => ['json_schema', undefined]),
    );
    const trace = JSON.stringify(await world.runner.trace(id, 3));
    expect(trace).toContain('"name":"return_structured_data","input":{"answer":"w3!"}');
  });

  it('report each state of their provider job once it is stored, and the rows that are collected', async () => {
    const { world } = await open(5);
    const seen: unknown[] = [];
    world.deps.events.on('provider-job-status', ({ batchId, jobId, status }) => seen.push([batchId, jobId, status]));
    world.deps.events.on('batch-progress', ({ stage, rows }) => seen.push([stage, rows]));
    const id = await world.start({ mode: 'batch' });
    await world.runner.drive(id);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    const [job] = await world.store.readProviderJobs(id);
    expect(seen).toEqual([
      ['loading', 5],
      [id, job?.id, 'building'],
      [id, job?.id, 'creating'],
      [id, job?.id, 'open'],
      ['collecting', 4],
      [id, job?.id, 'done'],
    ]);
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

describe('an agent with tools', () => {
  it('goes through jobs turn by turn where that is asked for; its tools run here, once for each row', async () => {
    const looked: string[] = [];
    const tool = {
      name: 'look',
      description: 'Looks a word up.',
      inputSchema: { type: 'object', properties: { word: { type: 'string' } } },
      idempotent: false,
      execute: async (input: unknown) => {
        const { word } = input as { word: string };
        looked.push(word);
        return `${word}?`;
      },
    };
    const { world, server } = await open(
      150,
      {
        respond: (request, id) => {
          const last = request.messages.at(-1)?.content;
          if (typeof last !== 'string') return echoed(request, id);
          const word = rowOf(request)['q'];
          return { content: [{ type: 'tool_use', id: 'call_1', name: 'look', input: { word } }] };
        },
      },
      {
        tools: [tool],
        respond: (row, { request }) =>
          request.messages.length === 1
            ? [{ type: 'tool_use', id: 'call_1', name: 'look', input: { word: String(row['q']) } }]
            : say({ answer: `${row['q']}!` }),
      },
    );
    const report = await world.runner.drive(await world.start({ mode: 'batch', concurrency: 20 }));
    expect(report).toMatchObject({
      status: 'completed',
      counts: { succeeded: 150 },
      tool_calls: 150,
      batch_calls: 298,
    });
    await expectEchoed(world, 150);
    expect(looked.toSorted()).toEqual(Array.from({ length: 150 }, (_, row) => `w${row}`).toSorted());
    expect(server.jobs.map(({ items }) => items.length)).toEqual([149, 149]);
  });
});

it('answers in text that are begun for the model come back whole', async () => {
  const { world, server } = await open(
    20,
    {
      respond: (request) => {
        expect(request.messages.at(-1)).toEqual({ role: 'assistant', content: '{' });
        return { content: [{ type: 'text', text: `"answer": "${rowOf(request)['q']}!"}` }] };
      },
    },
    {
      agent: {
        model: { provider: 'anthropic', model: 'claude-haiku-4-5' },
        structured_output: {
          mode: 'text',
          schema: { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] },
        },
      },
      respond: (row) => [{ type: 'text', text: `{"answer": "${row['q']}!"}` }],
    },
  );
  const id = await world.start({ mode: 'batch' });
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', batch_calls: 19, model_calls: 20 });
  await expectEchoed(world, 20);
  expect(server.jobs).toHaveLength(1);
  const { attempts } = await world.runner.trace(id, 3);
  expect(JSON.stringify(attempts)).toContain(JSON.stringify(JSON.stringify({ answer: 'w3!' }).replace(':', ': ')));
});

describe('a batch with open jobs', () => {
  /** Jobs last until the test lets them end. */
  const open24h: Partial<BatchServerOptions> = { polls: Number.POSITIVE_INFINITY };
  const created = (server: BatchServer) => server.calls.filter(({ route }) => route === 'create').length;
  const endAll = (server: BatchServer) => {
    for (const job of server.jobs) if (job.state === 'queued' || job.state === 'running') job.state = 'ended';
  };

  it('is paused at once and leaves them running; a resume takes them in and sends nothing again', async () => {
    const { world, server } = await open(30, open24h);
    const id = await world.start({ mode: 'batch' });
    const stop = new AbortController();
    const driving = world.runner.drive(id, { signal: stop.signal });
    await until(() => created(server) === 1, 'provider jobs created: 1');
    stop.abort();
    const paused = await driving;
    expect(paused).toMatchObject({ status: 'paused', pause_reason: 'interrupted', counts: { running: 29 } });
    expect(paused.provider_jobs).toMatchObject([{ status: 'open', requests: 29, provider_job_id: 'msgbatch_1' }]);
    endAll(server);
    await world.runner.resume(id);
    expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 30, running: 0 } });
    await expectEchoed(world, 30);
    expect(created(server)).toBe(1);
  });

  it('is cancelled with them: what they gave is kept, and the rest is not run', async () => {
    const { world, server } = await open(30, { ...open24h });
    const id = await world.start({ mode: 'batch', batch_job_requests: 10 });
    const driving = world.runner.drive(id);
    await until(() => created(server) === 3, 'provider jobs created: 3');
    const [first, ...others] = server.jobs;
    if (first !== undefined) first.state = 'ended';
    await world.runner.cancel(id);
    const cancelled = await driving;
    expect(cancelled).toMatchObject({ status: 'cancelled', counts: { succeeded: 11, running: 0, queued: 19 } });
    expect(others.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    expect(cancelled.cost_usd_at_most).toBe(cancelled.cost_usd);
    expect((await outputOf(world)).filter((line) => line.includes('NOT_RUN'))).toHaveLength(19);
  });

  it('ends in real time when its deadline has passed', async () => {
    let now = Date.now();
    const clock = { ...systemClock, now: () => now };
    const { world, server } = await open(30, open24h, { deps: { clock } });
    const id = await world.start({ mode: 'batch', batch_job_requests: 20, batch_deadline_hours: 2 });
    const driving = world.runner.drive(id);
    await until(() => created(server) === 2, 'provider jobs created: 2');
    const [first] = server.jobs;
    if (first !== undefined) first.state = 'ended';
    now += 2 * 3_600_000;
    const report = await driving;
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 30 }, batch_calls: 20 });
    expect(report.warnings).toContainEqual(expect.stringContaining('The deadline of 2 hours passed'));
    await expectEchoed(world, 30);
    expect(world.sent).toHaveLength(10);
  });

  it('pauses at its cap, with calls in jobs at their worst, and goes on under a higher one', async () => {
    const { world, server } = await open(40);
    const id = await world.start({ mode: 'batch', max_cost_usd: 0.0003 });
    const paused = await world.runner.drive(id);
    expect(paused).toMatchObject({ status: 'paused', pause_reason: 'budget' });
    expect(paused.cost_usd_at_most).toBeLessThanOrEqual(0.0003);
    expect(server.jobs.length).toBeGreaterThan(0);
    await world.runner.resume(id, { max_cost_usd: 1 });
    expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 40 } });
    await expectEchoed(world, 40);
  });
});

describe('the report of a batch with an open job', () => {
  it('says where the job stands and until when, and has no time left that grows', async () => {
    let now = Date.now();
    const clock = { ...systemClock, now: () => now };
    const { world, server } = await open(30, { polls: Number.POSITIVE_INFINITY }, { deps: { clock } });
    const stages: string[] = [];
    world.deps.events.on('provider-job-progress', () => stages.push('progress'));
    world.deps.events.on('provider-job-status', ({ status }) => stages.push(status));
    const id = await world.start({ mode: 'batch', batch_deadline_hours: 6 });
    const driving = world.runner.drive(id);
    const jobOf = async () => (await world.runner.report(id)).provider_jobs[0];
    await until(
      async () => (await jobOf())?.reported !== null && (await jobOf()) !== undefined,
      'counts of the provider',
    );
    const submitted = now;
    now += 3_600_000;
    const waiting = await world.runner.report(id);
    expect(waiting).toMatchObject({ status: 'running', eta_seconds: null, rows_per_second: null });
    const iso = (ms: number) => new Date(ms).toISOString();
    expect(waiting.provider_jobs).toMatchObject([
      {
        ...{ stage: 'waiting', since: iso(submitted), deadline: iso(submitted + 6 * 3_600_000) },
        reported: { answered: 0, total: 29 },
      },
    ]);
    const [job] = waiting.provider_jobs;
    expect(job && providerJobText(job)).toMatch(
      /^at the provider since [-0-9]+ [0-9:]+ UTC, 0 of 29 answered, ends by [-0-9]+ [0-9:]+ UTC$/,
    );
    for (const one of server.jobs) one.state = 'ended';
    expect((await driving).provider_jobs).toMatchObject([{ stage: 'ended', answered: 29 }]);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    // Uploaded, then counts, then read.
    expect(stages).toEqual(['building', 'progress', 'creating', 'open', 'progress', 'progress', 'done']);
  });

  it.each([
    [{ stage: 'writing' }, 'requests are being written'],
    [{ stage: 'uploading' }, '29 requests are being uploaded'],
    [{ stage: 'creating' }, '29 requests are written, and the job is being created'],
    [{ stage: 'waiting' }, 'at the provider since 2026-11-28 22:00 UTC, 29 requests'],
    [{ stage: 'reading' }, 'the answers to 29 requests are being read'],
    [{ stage: 'ended' }, undefined],
  ] as const)('says of %o: %s', (change, text) => {
    const job = { requests: 29, reported: null, since: '2026-11-28T22:00:00.000Z', deadline: null };
    expect(providerJobText({ ...job, ...change } as ProviderJobReport)).toBe(text);
  });
});

describe('a batch API that fails', () => {
  const refused = (kind: RefusalKind): BatchFault => ({ fault: 'refused', kind, message: 'not here' });

  it('lets the rest run in real time, with a warning', async () => {
    const { world, server } = await open(30, {
      fault: (route) => (route === 'create' ? refused('permission') : undefined),
    });
    const report = await world.runner.drive(await world.start({ mode: 'batch' }));
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 30 }, discount_usd: 0 });
    expect(report.warnings).toContainEqual(
      expect.stringMatching(/batch API failed.*not here.*in real time: 29 rows at the full price, about \$0\.00058/),
    );
    expect(report.provider_jobs).toMatchObject([
      { status: 'dropped', requests: 29, error: expect.stringContaining('not here') },
    ]);
    expect(server.jobs).toEqual([]);
    expect(report.cost_usd_at_most).toBe(report.cost_usd);
  });

  it('pauses the batch where no fallback is wanted, and its rows stay', async () => {
    const { world } = await open(30, { fault: (route) => (route === 'create' ? refused('permission') : undefined) });
    const report = await world.runner.drive(await world.start({ mode: 'batch', fallback: false }));
    expect(report).toMatchObject({ status: 'paused', pause_reason: 'fatal', counts: { succeeded: 0, queued: 30 } });
    expect(world.sent).toEqual([]);
  });

  it('is tried again while it is only busy', async () => {
    const { world, server } = await open(30, {
      fault: (route, number) => (route === 'create' && number < 3 ? refused('rate') : undefined),
    });
    const report = await world.runner.drive(await world.start({ mode: 'batch' }));
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 30 }, batch_calls: 29 });
    expect(server.jobs).toHaveLength(1);
  });

  it('never creates a job twice when the answer of a creation is lost', async () => {
    const { world, server } = await open(30, {
      polls: 1,
      lastsMs: 20,
      fault: (route, number) => (route === 'create' && number === 1 ? { fault: 'lost' } : undefined),
    });
    const report = await world.runner.drive(await world.start({ mode: 'batch' }));
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 30 }, batch_calls: 29 });
    expect(server.jobs).toHaveLength(1);
    expect(report.cost_usd_at_most).toBe(report.cost_usd);
  });

  it('pauses when the credit ends inside a job: no row fails, and a resume sends only what has no answer', async () => {
    let hasCredit = false;
    const message = 'Your credit balance is too low to access the Anthropic API.';
    const { world } = await open(20, {
      respond: (request, id) =>
        hasCredit || Number(String(rowOf(request)['q']).slice(1)) < 6
          ? echoed(request, id)
          : { item: 'refused', kind: 'invalid', message },
    });
    const id = await world.start({ mode: 'batch' });
    const paused = await world.runner.drive(id);
    expect(paused).toMatchObject({
      status: 'paused',
      pause_reason: 'fatal',
      counts: { succeeded: 1, failed: 0, queued: 19 },
      batch_calls: 5,
      error: { code: 'model_spend_limit', message: expect.stringContaining('Your credit balance is too low') },
    });
    expect(world.sent).toHaveLength(1);
    hasCredit = true;
    await world.runner.resume(id);
    const done = await world.runner.drive(id);
    expect(done).toMatchObject({ status: 'completed', counts: { succeeded: 20, failed: 0 } });
    await expectEchoed(world, 20);
    expect(done.model_calls).toBe(20);
  });

  it('fails no row when a whole job is refused, but runs it in real time', async () => {
    const { world } = await open(130, {
      respond: () => ({ item: 'refused', kind: 'invalid', message: 'no such field' }),
    });
    const report = await world.runner.drive(await world.start({ mode: 'batch' }));
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 130, failed: 0 }, batch_calls: 0 });
    expect(report.warnings).toContainEqual(expect.stringContaining('no such field'));
  });

  it('holds what stays ambiguous, and sends it again only when a person says so', async () => {
    let now = Date.now();
    const clock = { ...systemClock, now: () => now };
    const { world, server } = await open(
      30,
      {
        polls: Number.POSITIVE_INFINITY,
        fault: (route, number) => (route === 'create' && number === 1 ? { fault: 'lost' } : undefined),
      },
      { deps: { clock } },
    );
    const id = await world.start({ mode: 'batch' });
    const driving = world.runner.drive(id);
    await until(() => server.calls.some(({ route }) => route === 'list'), 'a look for the lost job');
    now += 27 * 3_600_000;
    const held = await driving;
    expect(held).toMatchObject({ status: 'paused', pause_reason: 'fatal', counts: { running: 29 } });
    expect(held.error?.message).toMatch(/29 requests.*held.*batches resume .*--resend-lost.*paid for twice/s);
    expect(server.jobs).toHaveLength(1);
    await world.runner.resume(id, { resend_lost: true });
    const going = world.runner.drive(id);
    await until(() => server.jobs.length === 2, 'a second provider job');
    const [, second] = server.jobs;
    if (second !== undefined) second.state = 'ended';
    const report = await going;
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 30 } });
    // The first job may be charged for as well: it stays in the range.
    expect(report.cost_usd_at_most).toBeGreaterThan(report.cost_usd ?? 0);
  });
});
