import { expect, it } from 'vitest';
import type { BatchOptions } from '../../../src/runner/contract/request/options.ts';
import { chooseExecutor } from '../../../src/runner/execution/choose-executor.ts';
import type { Executor, Fit, RunFacts } from '../../../src/runner/execution/executor.ts';
import { createExecutors } from '../../../src/runner/execution/executors.ts';
import { testAgent } from '../world.ts';

const facts = (options: BatchOptions = {}, change: Partial<RunFacts> = {}): RunFacts => ({
  plan: { agent: testAgent(), request: { csv_uri: 'in.csv', target: { type: 'agent', name: 'tester' }, options } },
  rows: 5_000,
  allRows: 5_000,
  isLive: false,
  isSample: false,
  hasAnswers: false,
  inJobs: 0,
  settings: {},
  ...change,
});
const asked: string[] = [];
const fitting = (name: Executor['name'], fit: Fit): Executor => ({
  name,
  choose: async () => {
    asked.push(name);
    return fit;
  },
  run: async () => ({ kind: 'done' }),
});
const choose = async (executors: readonly Executor[], given: RunFacts = facts(), api: object | string = 'none') => {
  asked.length = 0;
  const {
    executor,
    shares: _,
    ...choice
  } = await chooseExecutor(given, { executors, batchApi: async () => api, provider: async () => ({}) } as never);
  return { executor: executor.name, ...choice };
};

it('takes the first executor that fits, and asks no other', async () => {
  const executors = [
    fitting('batch-api', { fits: true, reason: 'many rows' }),
    fitting('realtime', { fits: true, reason: 'always' }),
  ];
  expect(await choose(executors)).toEqual({ executor: 'batch-api', reason: 'many rows', problems: [] });
  expect(asked).toEqual(['batch-api']);
});

it('says why those before it do not fit, where the one that fits has no reason of its own', async () => {
  const executors = [fitting('batch-api', { fits: false, reason: 'few rows' }), fitting('realtime', { fits: true })];
  expect(await choose(executors)).toEqual({ executor: 'realtime', reason: 'few rows', problems: [] });
});

it('says that what was asked for is not available', async () => {
  const executors = [
    fitting('batch-api', { fits: false, reason: 'there is none', isMissing: true }),
    fitting('batch-api', { fits: false, reason: 'something else' }),
    fitting('realtime', { fits: true }),
  ];
  expect(await choose(executors)).toMatchObject({ executor: 'realtime', missing: 'there is none' });
});

it('rejects with internal where none fits', async () => {
  await expect(choose([])).rejects.toMatchObject({ code: 'internal' });
});

const api = { name: 'anthropic', limits: { maxRequests: 100, maxBytes: 1e6, minRequests: 50 } };

it.each<[string, RunFacts, object | string, object]>([
  ['many rows', facts(), api, { executor: 'batch-api', reason: '5000 rows, at the lower price' }],
  [
    'few rows',
    facts({}, { rows: 1, allRows: 1 }),
    api,
    { executor: 'realtime', reason: expect.stringContaining('1 row is below') },
  ],
  [
    'a sample',
    facts({ mode: 'batch' }, { isSample: true }),
    api,
    { executor: 'realtime', reason: 'a sample runs in real time' },
  ],
  ['mode realtime', facts({ mode: 'realtime' }), api, { executor: 'realtime', reason: 'it was asked for' }],
  ['mode batch', facts({ mode: 'batch' }, { rows: 50 }), api, { executor: 'batch-api', reason: 'it was asked for' }],
  [
    'mode batch with too few rows for a job',
    facts({ mode: 'batch' }, { rows: 3 }),
    api,
    { executor: 'realtime', missing: expect.stringContaining('3 rows are fewer than the 50 requests') },
  ],
  [
    'few rows without fallback',
    facts({ fallback: false }, { rows: 60, allRows: 60 }),
    api,
    { executor: 'batch-api', reason: '60 rows, at the lower price' },
  ],
  [
    'a rest of many rows after a sample',
    facts({}, { rows: 900, allRows: 1_000, hasAnswers: true }),
    { ...api, limits: { ...api.limits, maxRequests: 1_000 } },
    { executor: 'batch-api' },
  ],
  [
    'a small rest of many rows',
    facts({}, { rows: 99, hasAnswers: true }),
    api,
    { executor: 'realtime', reason: 'real time finishes a rest of 99 rows sooner' },
  ],
  [
    'few rows beside provider jobs that are open',
    facts({}, { rows: 9, hasAnswers: true, inJobs: 80 }),
    api,
    { executor: 'batch-api' },
  ],
  [
    'rows that arrive while others run',
    facts({}, { isLive: true }),
    api,
    { executor: 'realtime', reason: 'rows arrive while others run', missing: undefined },
  ],
  ['rows that can be loaded first', facts({ mode: 'batch' }, { isLive: true }), api, { executor: 'batch-api' }],
  ['no batch API', facts(), 'no key', { executor: 'realtime', reason: 'no batch API: no key', missing: undefined }],
  ['mode batch without one', facts({ mode: 'batch' }), 'no key', { missing: 'no batch API: no key' }],
  [
    'a batch API given up',
    facts({ mode: 'batch' }, { settings: { real_time: 'it failed' } }),
    api,
    { executor: 'realtime', reason: 'it failed', missing: undefined },
  ],
  ['provider jobs too small', facts({ batch_job_requests: 10 }), api, { problems: [{ code: 'invalid_arguments' }] }],
])('chooses for %s', async (_, given, served, expected) => {
  const choice = await choose(createExecutors(), given, served);
  expect({ missing: undefined, ...choice }).toMatchObject(expected);
});
