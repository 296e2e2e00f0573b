import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { ExactNumber } from '../../src/base/json/exact-number.ts';
import type { ModelRequest } from '../../src/protocol/messages.ts';
import {
  type BatchApi,
  type BatchOutcome,
  type ProviderJobStatus,
  requestId,
} from '../../src/providers/provider-jobs/batch-api.ts';
import type { WireAnswer } from '../support/messages-wire.ts';
import {
  type BatchFault,
  type BatchFormat,
  type BatchRoute,
  type BatchServer,
  type BatchServerOptions,
  startBatchServer,
} from '../support/providers/batch-server.ts';
import type { ItemFault, Jobs } from '../support/providers/provider-jobs.ts';
import type { RefusalKind } from '../support/providers/wire-server.ts';
import { nativeRequest } from './native-answers.ts';
import { requestOf } from './provider.ts';

/** One implementation of the contract, with the server that it is tested against. */
export interface BatchBench {
  createFormat: (jobs: Jobs) => BatchFormat;
  model: string;
  create(url: string): BatchApi;
  /** Requests are part of the call that creates the job. */
  lacksUpload?: boolean;
  /** The submission of a job cannot be identified while it runs. */
  findsOnlyEnded?: boolean;
  /** Creating it again returns the existing job, so that no search is needed. */
  isIdempotent?: boolean;
  /** The wire does not say which requests expired or were cancelled: their results are missing. */
  lacksItemEndings?: boolean;
  /** The SDK drops the reason why a job failed. */
  lacksReason?: boolean;
  /** Results are not a file of lines that could be cut. */
  lacksLines?: boolean;
  /** Results come with the state, or from another server. */
  lacksResultCalls?: boolean;
  /** The error format does not distinguish a spend limit from other limits. */
  lacksSpendLimit?: boolean;
}

const signal = new AbortController().signal;
const beforeCreate = async () => undefined;
const echo = (text: unknown): WireAnswer => ({ content: [{ type: 'text', text: `heard: ${JSON.stringify(text)}` }] });
const heard: BatchServerOptions['respond'] = ({ messages }) => echo(messages[0]?.content);

const NATIVE_ANSWER: WireAnswer = {
  content: [{ type: 'tool_use', id: 'call_1', name: 'return_structured_data', input: { name: 'so', size: 3 } }],
};

type Behaviour = Omit<Partial<BatchServerOptions>, 'createFormat'>;

function createBatchWorld(bench: BatchBench) {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const part of opened.splice(0).toReversed()) await part.close();
  });
  const open = async (behaviour: Behaviour = {}) => {
    const server = await startBatchServer({ respond: heard, ...behaviour, createFormat: bench.createFormat });
    const api = bench.create(server.url);
    opened.push(server, api);
    return { server, api };
  };
  const requests = (count: number, submissionId = 'sub1') =>
    Array.from({ length: count }, (_, row) => ({
      id: requestId(submissionId, `row${row}`),
      request: requestOf(bench.model, { messages: [{ role: 'user', content: `row ${row} \u2028 "ü"` }] }),
    }));
  const submit = (api: BatchApi, { count = 5, submissionId = 'sub1' } = {}) =>
    api.submit({
      submissionId,
      model: bench.model,
      requests: requests(count, submissionId).map(({ request, id }) => api.encode(request, id)),
      beforeCreate,
      signal,
    });
  const untilOver = async (api: BatchApi, jobId: string): Promise<ProviderJobStatus> => {
    for (let poll = 0; poll < 50; poll += 1) {
      const status = await api.status(jobId, signal);
      if (status.state !== 'queued' && status.state !== 'running') return status;
    }
    throw new Error('the job does not end');
  };
  const collect = async (api: BatchApi, jobId: string): Promise<Map<string, BatchOutcome>> => {
    const { tools } = requestOf(bench.model);
    const found = new Map<string, BatchOutcome>();
    for await (const { id, outcome } of api.results(jobId, { model: bench.model, tools, signal })) {
      if (found.has(id)) throw new Error(`the result of ${id} came twice`);
      found.set(id, outcome);
    }
    return found;
  };
  const run = async (behaviour: Behaviour = {}, count = 5) => {
    const { server, api } = await open(behaviour);
    const { jobId } = await submit(api, { count });
    const status = await untilOver(api, jobId);
    return { server, api, jobId, status, results: await collect(api, jobId) };
  };
  return { open, submit, untilOver, collect, run };
}

type World = ReturnType<typeof createBatchWorld>;

/** The contract of a batch API, independent of its wire format. */
export function testBatchApi(name: string, bench: BatchBench): void {
  const world = createBatchWorld(bench);
  describe(`${name}, its results`, () => testResults(bench, world));
  describe(`${name}, its jobs`, () => testProviderJobs(bench, world));
  describe(`${name}, creating a job`, () => testCreation(bench, world));
  describe(`${name}, looking for a job`, () => testFinding(bench, world));
}

function testResults(bench: BatchBench, { run, open, submit, untilOver, collect }: World): void {
  it('come in any order, each with its own answer', async () => {
    const { results } = await run({}, 40);
    expect([...results.keys()].toSorted()).toEqual(Array.from({ length: 40 }, (_, row) => `sub1-row${row}`).toSorted());
    expect([...results.keys()]).not.toEqual([...results.keys()].toSorted());
    for (const [id, outcome] of results) {
      const text = `heard: ${JSON.stringify(`row ${id.slice('sub1-row'.length)} \u2028 "ü"`)}`;
      expect(outcome).toMatchObject({ kind: 'answered', response: { content: [{ type: 'text', text }] } });
    }
  });

  it('tell usage, model and stop reason, and hold tool calls', async () => {
    const content = [{ type: 'tool_use', id: 'call_1', name: 'tell', input: { it: 'so' } }];
    const { results } = await run({
      respond: () => ({ content, usage: { input_tokens: 70, output_tokens: 9, cache_read_input_tokens: 50 } }),
    });
    expect(results.get('sub1-row0')).toMatchObject({
      kind: 'answered',
      response: {
        content: [{ type: 'tool_use', name: 'tell', input: { it: 'so' } }],
        stopReason: 'tool_use',
        model: bench.model,
        usage: { inputTokens: 70, outputTokens: 9, cacheReadTokens: 50, cacheWriteTokens: 0 },
      },
    });
  });

  it('are calls where the answer was asked for as the format of the text; others stay what they are', async () => {
    const { api, server } = await open({ respond: () => NATIVE_ANSWER });
    const { answer, tools, ...plain } = nativeRequest(bench.model);
    const asked = [
      { ...plain, tools, ...(answer === undefined ? {} : { answer }) },
      { ...plain, tools: [] },
    ];
    const requests = asked.map((request, row) =>
      api.encode(request, requestId('sub1', `row${row}`), { isStrict: true }),
    );
    const { jobId } = await api.submit({ submissionId: 'sub1', model: bench.model, requests, beforeCreate, signal });
    await untilOver(api, jobId);
    expect(server.jobs[0]?.items.map(({ request }) => [request.output_config?.format?.type, request.tools])).toEqual([
      ['json_schema', undefined],
      [undefined, undefined],
    ]);
    const typesOf = async (more: object) => {
      const found: string[] = [];
      for await (const { outcome } of api.results(jobId, { model: bench.model, tools, ...more, signal })) {
        if (outcome.kind === 'answered') found.push(outcome.response.content.map(({ type }) => type).join());
      }
      return found.toSorted();
    };
    expect(await typesOf({ answer })).toEqual(['tool_use', 'tool_use']);
    // As for a batch whose definition was stored before there was a native form.
    expect(await typesOf({})).toEqual(['text', 'tool_use']);
  });

  it('ask for a call where the format was refused', async () => {
    const { api, server } = await open({ respond: () => NATIVE_ANSWER });
    const requests = [api.encode(nativeRequest(bench.model), requestId('sub1', 'row0'), { isStrict: false })];
    await api.submit({ submissionId: 'sub1', model: bench.model, requests, beforeCreate, signal });
    const [request] = server.jobs[0]?.items.map((item) => item.request) ?? [];
    expect(request?.output_config).toBeUndefined();
    expect(request?.tools?.map(({ name }) => name)).toEqual(['return_structured_data']);
    expect(JSON.stringify(request?.system)).toContain('Answer by the tool.');
  });

  it("keep every digit of a call's numbers", async () => {
    const id = new ExactNumber('1234567890123456789');
    const content = [{ type: 'tool_use', id: 'call_1', name: 'tell', input: { it: { id } } }];
    const { results } = await run({ respond: () => ({ content }) }, 2);
    const [outcome] = results.values();
    if (outcome?.kind !== 'answered') throw new Error('it was not answered');
    expect(outcome.response.content.filter(({ type }) => type === 'tool_use')).toMatchObject([
      { input: { it: { id } } },
    ]);
  });

  it.each<[RefusalKind, object]>([
    ['invalid', { code: 'model_request_invalid', retryable: false }],
    ['too-long', { code: 'context_too_long', retryable: false }],
    ['server', { retryable: true, outcomeUnknown: false }],
    ['overloaded', { retryable: true, outcomeUnknown: false }],
    ['rate', { retryable: true, outcomeUnknown: false }],
  ])('tell of a request that failed as "%s" whether it may go again', async (kind, expected) => {
    const message = kind === 'too-long' ? 'prompt is too long: 210000 tokens > 200000 maximum' : 'the reason';
    const refused: ItemFault = { item: 'refused', kind, message };
    const { results } = await run({ respond: (request, id) => (id.endsWith('row3') ? refused : heard(request, id)) });
    const outcome = results.get('sub1-row3');
    if (outcome?.kind !== 'error') throw new Error(`it is ${outcome?.kind}`);
    expect(outcome.error).toBeInstanceOf(AppError);
    expect(outcome.error).toMatchObject({ ...expected, message: expect.stringContaining(message) });
    expect([...results.values()].filter(({ kind: other }) => other === 'answered')).toHaveLength(4);
  });

  it('tell of an empty account as one, whatever the type of the refusal', async () => {
    const message = 'Your credit balance is too low to access the API.';
    const { results } = await run({ respond: () => ({ item: 'refused', kind: 'invalid', message }) }, 2);
    for (const outcome of results.values()) {
      expect(outcome).toMatchObject({ kind: 'error', error: { code: 'model_spend_limit', retryable: false } });
      if (outcome.kind === 'error') expect(outcome.error.message).toContain('Your credit balance is too low');
    }
    expect(results.size).toBe(2);
  });

  it('leave out what is missing or broken, and lose nothing else', async () => {
    const faults: Record<string, ItemFault> = { 'sub1-row1': { item: 'missing' } };
    if (!bench.lacksLines) faults['sub1-row4'] = { item: 'broken' };
    const { results } = await run({ respond: (request, id) => faults[id] ?? heard(request, id) }, 9);
    expect(results.size).toBe(9 - Object.keys(faults).length);
    expect(Object.keys(faults).filter((id) => results.has(id))).toEqual([]);
  });

  it('do not believe the counts', async () => {
    const fault: ItemFault = { item: 'refused', kind: 'server' };
    const { results } = await run({ isLying: true, respond: () => fault });
    expect([...results.values()].map(({ kind }) => kind)).toEqual(['error', 'error', 'error', 'error', 'error']);
  });

  it('tell what expired, and what was answered before', async () => {
    const respond: BatchServerOptions['respond'] = (request, id) =>
      id.endsWith('row2') ? { item: 'expired' } : heard(request, id);
    const { results, status } = await run({ ending: 'expired', respond });
    expect(status.state).toBe('expired');
    if (bench.lacksItemEndings) expect(results.has('sub1-row2')).toBe(false);
    else expect(results.get('sub1-row2')).toEqual({ kind: 'expired' });
  });

  it('are refused before the job is over', async () => {
    const { api } = await open({ polls: 9 });
    const { jobId } = await submit(api);
    await expect(collect(api, jobId)).rejects.toMatchObject({ code: 'batch_state_invalid' });
  });

  it('fail when they are cut short, and can be read again', async () => {
    const cutRoute = bench.lacksResultCalls ? 'status' : 'results';
    const cut = (route: BatchRoute, number: number): BatchFault | undefined =>
      route === cutRoute && number === 1 ? { fault: 'cut' } : undefined;
    const { api } = await open({ fault: cut, polls: 0 });
    const { jobId } = await submit(api, { count: 40 });
    await expect(collect(api, jobId)).rejects.toMatchObject({ retryable: true, outcomeUnknown: false });
    expect((await collect(api, jobId)).size).toBe(40);
  });
}

function testProviderJobs(bench: BatchBench, { open, submit, untilOver, collect }: World): void {
  it('carry each request as real time would', async () => {
    const { server, api } = await open();
    await submit(api);
    const items = server.jobs[0]?.items ?? [];
    expect(items.map(({ id }) => id)).toEqual(Array.from({ length: 5 }, (_, row) => `sub1-row${row}`));
    expect(items[0]?.request).toMatchObject({
      messages: [{ role: 'user', content: 'row 0 \u2028 "ü"' }],
      max_tokens: 100,
    });
    expect(JSON.stringify(items[0]?.request.system)).toContain('Be brief.');
    expect(items[0]?.request.tools).toMatchObject([{ name: 'look' }, { name: 'tell' }]);
  });

  it('are whole when they are larger than a part of an upload', async () => {
    const { api, server } = await open();
    const content = 'ü'.repeat(500_000);
    const lines = Array.from({ length: 20 }, (_, row) =>
      api.encode(
        requestOf(bench.model, { messages: [{ role: 'user', content: `${row} ${content}` }] }),
        `sub1-row${row}`,
      ),
    );
    await api.submit({ submissionId: 'sub1', model: bench.model, requests: lines, beforeCreate, signal });
    const items = server.jobs[0]?.items ?? [];
    expect(items.map(({ id }) => id)).toEqual(lines.map((_, row) => `sub1-row${row}`));
    expect(items.every(({ request }, row) => request.messages[0]?.content === `${row} ${content}`)).toBe(true);
  });

  it('are lines without a line break', async () => {
    const { api } = await open();
    const request: ModelRequest = requestOf(bench.model, { system: 'two\nlines' });
    const line = api.encode(request, 'sub1-row0');
    expect(line).not.toContain('\n');
    expect(JSON.stringify(JSON.parse(line))).toContain('sub1-row0');
  });

  it('are queued or run, then end', async () => {
    const { api } = await open({ polls: 3 });
    const { jobId } = await submit(api);
    const states: string[] = [];
    for (let poll = 0; poll < 3; poll += 1) states.push((await api.status(jobId, signal)).state);
    expect(states.slice(0, 2).every((state) => state === 'queued' || state === 'running')).toBe(true);
    expect(states[2]).toBe('ended');
  });

  it('that fail say why', async () => {
    const { api } = await open({ ending: 'failed' });
    const { jobId } = await submit(api);
    const status = await untilOver(api, jobId);
    // Message Batches never fail as a whole.
    if (bench.findsOnlyEnded) return;
    expect(status.state).toBe('failed');
    if (!bench.lacksReason) expect(status.reason).toBeTruthy();
    expect((await collect(api, jobId)).size).toBe(0);
  });

  it('are cancelled, twice as well', async () => {
    const { api } = await open({ polls: 99 });
    const { jobId } = await submit(api);
    await api.cancel(jobId, signal);
    await api.cancel(jobId, signal);
    expect((await untilOver(api, jobId)).state).toBe('cancelled');
    await api.cancel(jobId, signal);
    const results = await collect(api, jobId);
    expect([...results.values()].every(({ kind }) => kind === 'cancelled')).toBe(true);
    if (!bench.lacksItemEndings) expect(results.size).toBe(5);
  });

  it('that are over can not be cancelled any more', async () => {
    const { api } = await open();
    const { jobId } = await submit(api);
    await untilOver(api, jobId);
    await api.cancel(jobId, signal);
    expect((await api.status(jobId, signal)).state).toBe('ended');
    expect((await collect(api, jobId)).size).toBe(5);
  });

  it('that are asked for in vain may be asked for again', async () => {
    const { api, server } = await open({ fault: (route) => (route === 'status' ? { fault: 'reset' } : undefined) });
    const { jobId } = await submit(api);
    const fault = { code: 'model_unreachable', retryable: true, outcomeUnknown: false };
    await expect(api.status(jobId, signal)).rejects.toMatchObject(fault);
    expect(server.calls.filter(({ route }) => route === 'status')).toHaveLength(1);
  });
}

const onlyOn = (wanted: BatchRoute, fault: BatchFault) => ({
  fault: (route: BatchRoute) => (route === wanted ? fault : undefined),
});
const creates = ({ calls }: BatchServer) => calls.filter(({ route }) => route === 'create').length;

function testCreation(bench: BatchBench, { open, submit }: World): void {
  it.each<[RefusalKind, object]>([
    ['invalid', { code: 'model_request_invalid', retryable: false, outcomeUnknown: false }],
    ['key', { code: 'model_key_refused', retryable: false, outcomeUnknown: false }],
    ['rate', { code: 'model_rate_limited', retryable: true, outcomeUnknown: false }],
    ['spend', { code: 'model_spend_limit', retryable: false, outcomeUnknown: false }],
    ['server', { code: 'model_server_error', retryable: true, outcomeUnknown: true }],
    ['timeout', { code: 'model_timeout', retryable: true, outcomeUnknown: true }],
  ])('that is refused as "%s" fails after one call', async (kind, expected) => {
    if (kind === 'spend' && bench.lacksSpendLimit) return;
    const { api, server } = await open(onlyOn('create', { fault: 'refused', kind }));
    await expect(submit(api)).rejects.toMatchObject(expected);
    expect(creates(server)).toBe(1);
  });

  it.each<BatchFault>([{ fault: 'lost' }, { fault: 'cut' }])(
    'whose answer is $fault is not repeated, and its outcome is unknown',
    async (fault) => {
      const { api, server } = await open(onlyOn('create', fault));
      await expect(submit(api)).rejects.toMatchObject({ retryable: true, outcomeUnknown: true });
      expect(server.jobs).toHaveLength(1);
      expect(creates(server)).toBe(1);
    },
  );

  it('never begins when the upload fails, which costs nothing', async () => {
    if (bench.lacksUpload) return;
    const { api, server } = await open(onlyOn('upload', { fault: 'reset' }));
    await expect(submit(api)).rejects.toMatchObject({ retryable: true, outcomeUnknown: false });
    expect(creates(server)).toBe(0);
  });

  it('sends nothing for more requests than a job takes', async () => {
    const { api, server } = await open();
    const requests = Array.from({ length: api.limits.maxRequests + 1 }, () => '{}');
    const given = { submissionId: 'sub1', model: bench.model, requests, beforeCreate, signal };
    await expect(api.submit(given)).rejects.toMatchObject({ code: 'model_request_invalid', outcomeUnknown: false });
    expect(server.calls).toEqual([]);
  });

  it('sends nothing when it is cancelled already, or has nothing to send', async () => {
    const { api, server } = await open();
    const given = { submissionId: 'sub1', model: bench.model, requests: [], beforeCreate, signal };
    await expect(api.submit({ ...given, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
      outcomeUnknown: false,
    });
    await expect(api.submit(given)).rejects.toMatchObject({ code: 'model_request_invalid' });
    expect(server.calls).toEqual([]);
  });

  it('tells once, right before the job is created, and creates none when that throws', async () => {
    const { api, server } = await open();
    const told: number[] = [];
    const given = { submissionId: 'sub1', model: bench.model, signal };
    const requests = [api.encode(requestOf(bench.model), 'sub1-row0')];
    await api.submit({ ...given, requests, beforeCreate: async () => void told.push(creates(server)) });
    expect(told).toEqual([0]);
    expect(creates(server)).toBe(1);
    const beforeFailing = async () => {
      throw new AppError('lease_lost', 'Another process has the batch.');
    };
    await expect(api.submit({ ...given, requests, beforeCreate: beforeFailing })).rejects.toMatchObject({
      code: 'lease_lost',
      outcomeUnknown: false,
    });
    expect(creates(server)).toBe(1);
  });

  it('passes on what the rows throw while they are read, and sends nothing', async () => {
    const { api, server } = await open();
    async function* requests(): AsyncGenerator<string> {
      yield api.encode(requestOf(bench.model), 'sub1-row0');
      throw new AppError('lease_lost', 'Another process has the batch.');
    }
    const given = { submissionId: 'sub1', model: bench.model, requests: requests(), beforeCreate, signal };
    await expect(api.submit(given)).rejects.toMatchObject({ code: 'lease_lost' });
    expect(server.calls).toEqual([]);
  });
}

function testFinding(bench: BatchBench, { open, submit, untilOver }: World): void {
  const window = () => ({ from: Date.now() - 60_000, to: Date.now() + 60_000, signal });
  const lostOn = (number: number) => (route: BatchRoute, call: number) =>
    route === 'create' && call === number ? ({ fault: 'lost' } as const) : undefined;

  it('finds the one whose answer was lost, among others', async () => {
    const { api, server } = await open({ fault: lostOn(2) });
    const first = await submit(api, { submissionId: 'sub1' });
    await expect(submit(api, { submissionId: 'sub2' })).rejects.toMatchObject({ outcomeUnknown: true });
    const third = await submit(api, { submissionId: 'sub3' });
    const lost = { jobId: String(server.jobs[1]?.id) };
    if (bench.findsOnlyEnded) {
      expect(await api.find('sub2', window())).toBe('ambiguous');
      for (const { id } of server.jobs) await untilOver(api, id);
    }
    expect(await api.find('sub2', window())).toEqual(lost);
    const otherJobs = new Set([first.jobId, third.jobId]);
    expect(await api.find('sub2', { ...window(), otherJobs })).toEqual(lost);
    expect(server.jobs).toHaveLength(3);
  });

  it('finds none where none was created', async () => {
    const { api } = await open({ polls: 0 });
    expect(await api.find('sub1', window())).toBeUndefined();
    await submit(api, { submissionId: 'sub10' });
    expect(await api.find('sub1', window())).toBeUndefined();
  });

  it('does not choose between two', async () => {
    if (bench.isIdempotent) return;
    const { api } = await open({ polls: 0 });
    await submit(api);
    await submit(api);
    expect(await api.find('sub1', window())).toBe('ambiguous');
  });

  it('fails when the list can not be read, rather than find nothing', async () => {
    const { api } = await open(onlyOn('list', { fault: 'refused', kind: 'server' }));
    await submit(api);
    await expect(api.find('sub1', window())).rejects.toMatchObject({ code: 'model_server_error', retryable: true });
  });
}
