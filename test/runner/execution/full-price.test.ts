import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import type { JsonObject } from '../../../src/protocol/messages.ts';
import { createAnthropicBatchApi } from '../../../src/providers/anthropic/anthropic-batch.ts';
import { createAnthropicProvider } from '../../../src/providers/anthropic/anthropic-provider.ts';
import { createBedrockBatchApi } from '../../../src/providers/bedrock/bedrock-batch.ts';
import { createGeminiBatchApi } from '../../../src/providers/gemini/gemini-batch.ts';
import { createOpenAiBatchApi } from '../../../src/providers/openai/openai-batch.ts';
import type { BatchApi } from '../../../src/providers/provider-jobs/batch-api.ts';
import type { WireRequest } from '../../support/messages-wire.ts';
import { anthropicBatchFormat } from '../../support/providers/batch-anthropic.ts';
import { bedrockBatchFormat } from '../../support/providers/batch-bedrock.ts';
import { geminiBatchFormat } from '../../support/providers/batch-gemini.ts';
import { openAiBatchFormat } from '../../support/providers/batch-openai.ts';
import { type BatchServer, type BatchServerOptions, startBatchServer } from '../../support/providers/batch-server.ts';
import type { Jobs } from '../../support/providers/provider-jobs.ts';
import { startTestS3, type TestS3 } from '../../support/s3.ts';
import { CALL_USD, startWorld, until, type World, type WorldOptions } from '../world.ts';

let s3: TestS3;
beforeAll(async () => {
  s3 = await startTestS3();
});
afterAll(() => s3.close());
const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});

const log = createSilentLog();
const PROVIDERS: Record<
  string,
  { format: (jobs: Jobs) => ReturnType<typeof openAiBatchFormat>; api: (url: string) => BatchApi }
> = {
  anthropic: { format: anthropicBatchFormat, api: (baseUrl) => createAnthropicBatchApi({ apiKey: 'key-1', baseUrl }) },
  openai: {
    format: openAiBatchFormat,
    api: (url) => createOpenAiBatchApi({ apiKey: 'key-1', baseUrl: `${url}/v1`, log }),
  },
  gemini: { format: geminiBatchFormat, api: (baseUrl) => createGeminiBatchApi({ apiKey: 'key-1', baseUrl, log }) },
  bedrock: {
    format: (jobs) => bedrockBatchFormat(jobs, s3),
    api: (endpoint) => {
      const api = createBedrockBatchApi({
        roleArn: 'arn:aws:iam::123456789012:role/batch',
        ...{ inputUri: `s3://${s3.bucket}/in/`, outputUri: `s3://${s3.bucket}/out/`, region: 'us-east-1' },
        credentials: { accessKeyId: 'AKTEST', secretAccessKey: 'SKTEST' },
        ...{ endpoint, s3Endpoint: String(s3.options.endpoint) },
      });
      // The model's name at Bedrock; its price is that of the world's model.
      return {
        ...api,
        encode: (request, ...rest) => api.encode({ ...request, model: `anthropic.${request.model}` }, ...rest),
      };
    },
  },
};

const wordOf = ({ messages }: WireRequest): string => {
  const content = messages[0]?.content;
  const text = typeof content === 'string' ? content : String(content?.find(({ type }) => type === 'text')?.['text']);
  return String((JSON.parse(text) as JsonObject)['q']);
};
const echoed: BatchServerOptions['respond'] = (request) => ({
  content: [
    { type: 'tool_use', id: 'call_1', name: 'return_structured_data', input: { answer: `${wordOf(request)}!` } },
  ],
  usage: { input_tokens: 100, output_tokens: 20 },
});

interface Opened {
  world: World;
  server: BatchServer;
  jobSizes: () => number[];
}

/** A table of words and a model with the batch API of a provider; every call costs as much as claude-haiku-5-5. */
async function open(
  name: string,
  rows: number,
  { deps, ...behaviour }: Partial<BatchServerOptions> & Pick<WorldOptions, 'deps'> = {},
): Promise<Opened> {
  const { format, api: create } = PROVIDERS[name] ?? {};
  if (format === undefined || create === undefined) throw new Error(`There is no ${name}.`);
  const server = await startBatchServer({ respond: echoed, createFormat: format, ...behaviour });
  const api = create(server.url);
  const world = await startWorld({ deps: { batchApi: async () => api, batchPollMs: 5, ...deps } });
  opened.push(server, api, world);
  await world.write('table.csv', `q\n${Array.from({ length: rows }, (_, row) => `w${row}`).join('\n')}\n`);
  return { world, server, jobSizes: () => server.jobs.map(({ items }) => items.length) };
}

const usd = (plan: { estimate: { cost_usd: { expected: number } | null } | null }) =>
  plan.estimate?.cost_usd?.expected ?? 0;

describe('a plan is what happens', () => {
  it.each([
    ['bedrock', 100, 0, [100]],
    ['bedrock', 101, 1, [100]],
    ['bedrock', 99, 99, []],
    ['anthropic', 1, 0, [1]],
    ['openai', 5, 1, [4]],
    ['gemini', 5, 1, [4]],
  ])('%s: of %i rows, %i run in real time', async (name, rows, ahead, jobs) => {
    const { world, jobSizes } = await open(name, rows);
    const plan = await world.runner.plan(world.request({ mode: 'batch' }));
    const shares = plan.execution?.shares ?? [];
    const sum = (executor: string) =>
      shares.filter((one) => one.executor === executor).reduce((all, one) => all + (one.rows ?? 0), 0);
    expect([sum('realtime'), sum('batch-api')]).toEqual([ahead, rows - ahead]);
    const full = plan.execution?.realtime.cost_usd?.expected ?? 0;
    expect(usd(plan)).toBeCloseTo((full * (ahead + (rows - ahead) / 2)) / rows, 5);
    const warned = plan.warnings.filter((warning) =>
      /99 rows are fewer than the 100.*full price, about \$/s.test(warning),
    );
    expect(warned).toHaveLength(ahead === rows ? 1 : 0);
    const report = await world.runner.drive(await world.start({ mode: 'batch' }));
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: rows }, batch_calls: rows - ahead });
    expect([world.sent.length, jobSizes()]).toEqual([ahead, jobs]);
  });

  it.each([
    ['anthropic', 24, undefined],
    ['gemini', 48, undefined],
    ['gemini', 6, 6],
  ])('%s: provider jobs take %i hours at most', async (name, hours, deadline) => {
    const { world } = await open(name, 20);
    const options = deadline === undefined ? {} : { batch_deadline_hours: deadline };
    const { estimate } = await world.runner.plan(world.request({ mode: 'batch', ...options }));
    expect(estimate).toMatchObject({
      duration_seconds: hours * 3600,
      basis: expect.stringContaining(`Through the batch API, which takes ${hours} hours at most`),
    });
  });

  it('of a sample too: its rest costs, and runs, as the plan and the report say', async () => {
    const { world, jobSizes } = await open('bedrock', 150);
    const options = { sample: 10, batch_threshold: 150 };
    const plan = await world.runner.plan(world.request(options));
    expect(plan.execution?.shares).toMatchObject([
      { rows: 10, executor: 'realtime', why: 'a sample runs in real time' },
      { rows: 140, executor: 'batch-api', why: 'in 1 provider job' },
    ]);
    const full = plan.execution?.realtime.cost_usd?.expected ?? 0;
    expect(usd(plan)).toBeCloseTo((full * (10 + 140 / 2)) / 150, 5);
    expect(plan.sample?.cost_usd).toBeCloseTo((full * 10) / 150, 5);
    const id = await world.start(options);
    const sampled = await world.runner.drive(id);
    expect(sampled).toMatchObject({ status: 'paused', pause_reason: 'sample', estimate_rest: { rows: 140 } });
    expect(sampled.estimate_rest?.cost_usd?.expected).toBeCloseTo((140 * CALL_USD) / 2, 6);
    expect(sampled.next_step).toContain('140 rows in 1 provider job');
    await world.runner.resume(id);
    const report = await world.runner.drive(id);
    expect([world.sent.length, jobSizes()]).toEqual([10, [140]]);
    expect(report.cost_usd).toBeCloseTo(10 * CALL_USD + (140 * CALL_USD) / 2, 12);
  });

  it('of a rest after a pause, at the lower price while its jobs are open', async () => {
    const { world } = await open('anthropic', 41, { polls: Number.POSITIVE_INFINITY });
    const id = await world.start({ mode: 'batch' });
    const stop = new AbortController();
    const driving = world.runner.drive(id, { signal: stop.signal });
    await until(async () => (await world.runner.report(id)).provider_jobs[0]?.status === 'open', 'an open job');
    stop.abort();
    await driving;
    const { estimate_rest: rest } = await world.runner.report(id);
    expect(rest?.cost_usd?.expected).toBeCloseTo((40 * CALL_USD) / 2, 6);
    expect(rest?.basis).toContain('40 rows they wait in provider jobs');
  });
});

describe('without fallback nothing costs the full price', () => {
  const noFallback = { mode: 'batch', fallback: false } as const;

  it.each(['bedrock', 'auto'])(
    '%s: rows that are too few for a job are refused before a batch exists',
    async (mode) => {
      const { world } = await open('bedrock', 20);
      const options = mode === 'auto' ? { fallback: false } : noFallback;
      const plan = await world.runner.plan(world.request(options));
      expect(plan.problems).toMatchObject([
        {
          code: 'option_not_supported',
          message: expect.stringMatching(/20 rows are fewer than the 100.*fallback is off/s),
        },
      ]);
      await expect(world.start(options)).rejects.toMatchObject({ code: 'option_not_supported' });
      await expect(world.start({ ...noFallback, batch_job_requests: 10 })).rejects.toMatchObject({
        message: expect.stringContaining('at least 100 requests'),
      });
    },
  );

  it.each(['anthropic', 'openai', 'gemini', 'bedrock'])('%s: no row goes ahead', async (name) => {
    const { world, jobSizes } = await open(name, 101);
    const report = await world.runner.drive(await world.start(noFallback));
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 101 }, batch_calls: 101 });
    expect([world.sent, jobSizes()]).toEqual([[], [101]]);
  });

  it('a failed job pauses, and a person may allow the full price', async () => {
    const { world } = await open('openai', 20, { ending: 'failed' });
    const id = await world.start(noFallback);
    const paused = await world.runner.drive(id);
    expect(paused).toMatchObject({ status: 'paused', pause_reason: 'fatal', counts: { queued: 20 }, cost_usd: 0 });
    expect(paused.error?.message).toMatch(/not parseable.*Fallback is off.*batches resume .* --fallback/s);
    await world.runner.resume(id);
    expect(await world.runner.drive(id)).toMatchObject({ status: 'paused', cost_usd: 0 });
    expect(world.sent).toEqual([]);
    await world.runner.resume(id, { fallback: true });
    expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 20 } });
  });

  /** The first answer to each of some rows can't be used. */
  const oftenWrong =
    (rows: number): BatchServerOptions['respond'] =>
    (request, id) =>
      request.messages.length === 1 && Number(wordOf(request).slice(1)) < rows
        ? {
            content: [{ type: 'tool_use', id: 'call_1', name: 'return_structured_data', input: { wrong: 1 } }],
            usage: { input_tokens: 100, output_tokens: 20 },
          }
        : echoed(request, id);

  it('leftovers below the tail limit go into a job; with fallback they are named with their price first', async () => {
    const respond = oftenWrong(48);
    const kept = await open('anthropic', 150, { respond });
    await kept.world.runner.drive(await kept.world.start(noFallback));
    expect([kept.world.sent, kept.jobSizes()]).toEqual([[], [150, 48]]);

    const told: number[] = [];
    const { world, jobSizes } = await open('anthropic', 150, { respond });
    world.deps.events.on('batch-tune', () => told.push(world.sent.length));
    const report = await world.runner.drive(await world.start({ mode: 'batch' }));
    expect(jobSizes()).toEqual([149]);
    expect(world.sent).toHaveLength(1 + 47);
    // The event comes in a later turn of the loop than the store's write, which the first send waits for.
    expect(told[0]).toBe(1);
    expect(report.warnings).toEqual([
      expect.stringMatching(/jobs left 47 rows .*In real time run 47 rows at the full price, about \$0\.0009/),
    ]);
  });

  it('leftovers that are too few for a job of the provider pause the batch, with their price', async () => {
    const respond = oftenWrong(30);
    const { world, jobSizes } = await open('bedrock', 120, { respond });
    const id = await world.start(noFallback);
    const paused = await world.runner.drive(id);
    expect(paused).toMatchObject({ status: 'paused', pause_reason: 'fatal', counts: { succeeded: 90, queued: 30 } });
    expect(paused.error?.message).toMatch(
      /30 rows left .*fewer than the 100 requests.*30 rows at the full price, about \$0\.0006/s,
    );
    expect([world.sent, jobSizes()]).toEqual([[], [120]]);
    await world.runner.resume(id, { fallback: true });
    const report = await world.runner.drive(id);
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 120 } });
    expect(world.sent).toHaveLength(30);
  });

  it('a sample runs in real time, with its price as a warning before', async () => {
    const { world } = await open('anthropic', 40);
    const plan = await world.runner.plan(world.request({ ...noFallback, sample: 4 }));
    expect(plan.problems).toEqual([]);
    expect(plan.warnings).toEqual([expect.stringMatching(/sample runs in real time, at the full price: about \$/)]);
    await world.runner.drive(await world.start({ ...noFallback, sample: 4 }));
    expect(world.sent).toHaveLength(4);
  });

  it('rows that a resume finds after the credit ended go into another job', async () => {
    for (const options of [noFallback, { mode: 'batch' } as const]) {
      let hasCredit = false;
      const message = 'Your credit balance is too low to access the Anthropic API.';
      const { world, jobSizes } = await open('anthropic', 20, {
        respond: (request, id) =>
          hasCredit || Number(wordOf(request).slice(1)) < 6
            ? echoed(request, id)
            : { item: 'refused', kind: 'invalid', message },
      });
      const id = await world.start(options);
      expect(await world.runner.drive(id)).toMatchObject({ status: 'paused', error: { code: 'model_spend_limit' } });
      hasCredit = true;
      const ahead = options === noFallback ? 0 : 1;
      await world.runner.resume(id);
      expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 20 } });
      expect([world.sent.length, jobSizes()[0], jobSizes().length]).toEqual([ahead, 20 - ahead, 2]);
    }
  });

  it.each([
    ['runs again with plain tools', false, 'completed'],
    ['pauses when plain tools are refused too', true, 'paused'],
  ])('a job whose strict tools are refused %s', async (_title, refusesPlain, status) => {
    const forms = new Set<boolean>();
    const respond: BatchServerOptions['respond'] = (request, id) => {
      const isStrict = JSON.stringify(request.tools).includes('"strict":true');
      forms.add(isStrict);
      return isStrict || refusesPlain
        ? { item: 'refused', kind: 'invalid', message: 'tools.0.custom.input_schema: the schema is too complex' }
        : echoed(request, id);
    };
    // No row runs in real time: nothing listens at this address.
    const provider = createAnthropicProvider({ apiKey: 'key-1', baseUrl: 'http://127.0.0.1:9', log });
    const { world, jobSizes } = await open('anthropic', 20, { respond, deps: { provider: async () => provider } });
    const report = await world.runner.drive(await world.start(noFallback));
    expect(report).toMatchObject({ status, counts: { failed: 0, succeeded: refusesPlain ? 0 : 20 } });
    expect([jobSizes(), [...forms]]).toEqual([
      [20, 20],
      [true, false],
    ]);
    if (refusesPlain) expect(report.error?.message).toMatch(/schema is too complex.*Fallback is off/s);
  });

  it('a passed deadline pauses, and a resume gives new jobs the same time', async () => {
    let now = Date.now();
    const clock = { ...systemClock, now: () => now };
    const polls = Number.POSITIVE_INFINITY;
    const { world, server } = await open('anthropic', 20, { polls, deps: { clock } });
    const id = await world.start({ ...noFallback, batch_deadline_hours: 2 });
    const driving = world.runner.drive(id);
    await until(() => server.jobs.length === 1, 'a job');
    now += 2 * 3_600_000;
    expect(await driving).toMatchObject({
      status: 'paused',
      pause_reason: 'fatal',
      counts: { queued: 20 },
      cost_usd: 0,
    });
    await world.runner.resume(id);
    const going = world.runner.drive(id);
    await until(() => server.jobs.length === 2, 'another job');
    const [, second] = server.jobs;
    if (second !== undefined) second.state = 'ended';
    expect(await going).toMatchObject({ status: 'completed', counts: { succeeded: 20 } });
    expect(world.sent).toEqual([]);
  });

  it('a retry of too few rows is refused, with what allows it', async () => {
    const respond: BatchServerOptions['respond'] = (request, id) =>
      wordOf(request) === 'w7' ? { item: 'refused', kind: 'invalid', message: 'no such thing' } : echoed(request, id);
    const { world } = await open('bedrock', 120, { respond });
    const id = await world.start(noFallback);
    expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 119, failed: 1 } });
    await expect(world.runner.retry(id, {})).rejects.toThrow(
      /1 row is fewer than the 100.*batches retry .* --fallback/s,
    );
    await world.runner.retry(id, { fallback: true });
    expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 120 } });
    expect(world.sent).toEqual([{ q: 'w7' }]);
  });
});
