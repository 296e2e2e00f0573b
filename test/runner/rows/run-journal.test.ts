import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import type { ModelRequest, ModelResponse } from '../../../src/protocol/messages.ts';
import type { ToolCall, ToolResult } from '../../../src/protocol/run.ts';
import { createPriceTable } from '../../../src/providers/prices/prices.ts';
import { type Budget, createBudget } from '../../../src/runner/rows/budget.ts';
import { createRunCalls, type RunCallsDeps } from '../../../src/runner/rows/run-journal.ts';
import { createStoreJournal, type StoreJournalDeps } from '../../../src/runner/rows/store-journal.ts';
import { currentOwner } from '../../../src/storage/lease-owner.ts';
import type { Fence } from '../../../src/storage/leases.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { newBatch } from '../../storage/support/store-fixture.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';

const REQUEST: ModelRequest = {
  model: 'claude-haiku-5-5',
  system: 'Answer.',
  messages: [{ role: 'user', content: '{"q":"a"}' }],
  tools: [],
  maxTokens: 100,
};
const RESPONSE: ModelResponse = {
  content: [{ type: 'text', text: 'Done.' }],
  stopReason: 'end_turn',
  usage: { inputTokens: 100, outputTokens: 20, cacheWriteTokens: 0, cacheReadTokens: 0 },
  model: 'claude-haiku-5-5',
  requestId: 'req_1',
};
const COST_MICRO_USD = 20;

let folder: string;
let store: Store;
let fence: Fence;
let clock: ManualClock;
/** What the model does at each send; the last one again and again. */
let sends: (() => Promise<ModelResponse>)[];
let sent: number;
let budget: Budget;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-journal-'));
  clock = createManualClock();
  store = await openSqliteStore({ path: join(folder, 'rowmill.db'), now: Date.now, log: createSilentLog() });
  await store.insertBatch(newBatch('bat_1', { status: 'running', columns: ['q'] }));
  const lease = await store.acquireLease('bat_1', currentOwner());
  if (!lease.acquired) throw new Error('The lease is taken.');
  fence = lease.fence;
  sends = [async () => RESPONSE];
  sent = 0;
  budget = createBudget(1_000_000, 0);
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** The calls of the run of row 0, as a process makes them that claims the row for the first time, or again. */
function calls(replay: boolean, overrides: Partial<RunCallsDeps & StoreJournalDeps> = {}) {
  return createRunCalls('bat_1/0/1', replay, {
    journal: createStoreJournal({ store, budget, clock, fence, ...overrides }),
    provider: {
      name: 'anthropic',
      respond: () => {
        const send = sends[Math.min(sent, sends.length - 1)];
        sent += 1;
        return send === undefined ? Promise.reject(new Error('No send.')) : send();
      },
      close: async () => undefined,
    },
    prices: createPriceTable(),
    clock,
    random: () => 0,
    signal: new AbortController().signal,
    ...overrides,
  });
}

const totals = async () => {
  const batch = await store.readBatch('bat_1');
  if (batch === undefined) throw new Error('There is no batch.');
  return batch.totals;
};

const fault = (options: { retryable?: boolean; outcomeUnknown?: boolean }) => async () => {
  throw new AppError('model_overloaded', 'Busy.', options);
};

test('an answered call is replayed and not sent', async () => {
  await calls(false).callModel({ turn: 0, request: REQUEST });
  expect(await totals()).toMatchObject({
    modelCalls: 1,
    costMicroUsd: COST_MICRO_USD,
    openCalls: 0,
    openWorstMicroUsd: 0,
  });
  expect(await calls(true).callModel({ turn: 0, request: REQUEST })).toEqual(RESPONSE);
  expect(sent).toBe(1);
  expect((await totals()).modelCalls).toBe(1);
});

test('a further turn of a replayed run is sent, and journals only what was appended', async () => {
  await calls(false).callModel({ turn: 0, request: REQUEST });
  const again = calls(true);
  await again.callModel({ turn: 0, request: REQUEST });
  const longer = {
    ...REQUEST,
    messages: [...REQUEST.messages, { role: 'assistant' as const, content: RESPONSE.content }],
  };
  await again.callModel({ turn: 1, request: longer });
  expect(sent).toBe(2);
  const entries = await store.readJournal('bat_1/0/1');
  expect(entries.map((entry) => entry.request)).toEqual([REQUEST.messages, [longer.messages[1]]]);
});

test('a call whose answer was lost is an open send, and is sent again', async () => {
  await store.writeIntent({ ...intent('model'), worstMicroUsd: 70 }, fence);
  expect(await totals()).toMatchObject({ openCalls: 1, openWorstMicroUsd: 70 });
  await calls(true).callModel({ turn: 0, request: REQUEST });
  expect(await totals()).toMatchObject({ modelCalls: 1, openCalls: 1, openWorstMicroUsd: 70 });
  expect(await store.readJournal('bat_1/0/1')).toMatchObject([
    { openSends: 1, answer: { costMicroUsd: COST_MICRO_USD } },
  ]);
});

test('a refused call costs nothing; a fault that may pass is waited out', async () => {
  sends = [fault({ retryable: true }), fault({ retryable: true }), async () => RESPONSE];
  const waits: number[] = [];
  const calling = calls(false, { random: () => 0.999, onRetry: (_, delayMs) => waits.push(delayMs) }).callModel({
    turn: 0,
    request: REQUEST,
  });
  for (let retry = 0; retry < 2; retry += 1) {
    await waitFor(() => clock.sleepers() === 1);
    await clock.advance(2000);
  }
  expect(await calling).toEqual(RESPONSE);
  expect(waits).toEqual([500, 999]);
  expect(await totals()).toMatchObject({
    modelCalls: 1,
    openCalls: 0,
    openWorstMicroUsd: 0,
    costMicroUsd: COST_MICRO_USD,
  });
});

test('a send that may have been charged stays in the range of the bill', async () => {
  sends = [fault({ retryable: true, outcomeUnknown: true }), async () => RESPONSE];
  const calling = calls(false).callModel({ turn: 0, request: REQUEST });
  await waitFor(() => clock.sleepers() === 1);
  await clock.advance(1);
  await calling;
  const { openCalls, openWorstMicroUsd, costMicroUsd } = await totals();
  expect(openCalls).toBe(1);
  expect(openWorstMicroUsd).toBeGreaterThan(COST_MICRO_USD);
  expect(costMicroUsd).toBe(COST_MICRO_USD);
});

test('what is not retryable is thrown after one send', async () => {
  sends = [fault({})];
  await expect(calls(false).callModel({ turn: 0, request: REQUEST })).rejects.toMatchObject({
    code: 'model_overloaded',
  });
  expect(sent).toBe(1);
  expect((await totals()).openCalls).toBe(0);
});

test('an answer that can’t be stored is not asked for again: it would be paid twice', async () => {
  const busy = new AppError('store_unavailable', 'Locked.', { retryable: true });
  const failing = { ...store, writeAnswer: () => Promise.reject(busy) };
  await expect(calls(false, { store: failing }).callModel({ turn: 0, request: REQUEST })).rejects.toBe(busy);
  expect(sent).toBe(1);
  expect((await totals()).openCalls).toBe(1);
});

test('a run that goes ahead has its answer before the commit, and sends nothing more before it', async () => {
  const commit = Promise.withResolvers<void>();
  const slow: Store = {
    ...store,
    writeAnswer: async (...answer) => {
      await commit.promise;
      await store.writeAnswer(...answer);
    },
  };
  const run = calls(false, { store: slow, goesAhead: true });
  expect(await run.callModel({ turn: 0, request: REQUEST })).toEqual(RESPONSE);
  expect((await totals()).modelCalls).toBe(0);
  const [tool, model, committed] = [
    run.callTool(toolCall(true), execute),
    run.callModel({ turn: 1, request: REQUEST }),
    run.committed(),
  ];
  await store.readJournal('bat_1/0/1');
  expect([sent, executed.length, (await totals()).openCalls]).toEqual([1, 0, 1]);
  commit.resolve();
  await Promise.all([tool, model, committed]);
  expect([sent, executed.length]).toEqual([2, 1]);
});

test.each([true, false])('the wait for a commit is no time of the run (goes ahead: %s)', async (goesAhead) => {
  const commit = Promise.withResolvers<void>();
  let holds = 0;
  const hold = () => {
    holds += 1;
    return () => {
      holds -= 1;
    };
  };
  const heldAtWrite: number[] = [];
  const slow: Store = {
    ...store,
    writeAnswer: async (...answer) => {
      await commit.promise;
      heldAtWrite.push(holds);
      await store.writeAnswer(...answer);
    },
  };
  const time = { hold, giveBack: () => undefined };
  const run = calls(false, { store: slow, goesAhead });
  const first = run.callModel({ turn: 0, request: REQUEST, time });
  if (goesAhead) await first;
  const next = goesAhead ? run.callModel({ turn: 1, request: REQUEST, time }) : first;
  await waitFor(() => sent === 1 && holds === 1);
  commit.resolve();
  await Promise.all([first, next]);
  expect([heldAtWrite[0], holds]).toEqual([1, 0]);
});

test('a run that goes ahead ends with the fault of its answer’s commit', async () => {
  const full = new AppError('store_unavailable', 'Full.');
  const faults: AppError[] = [];
  const failing = { ...store, writeAnswer: () => Promise.reject(full) };
  const run = calls(false, { store: failing, goesAhead: true, onFault: (error) => faults.push(error) });
  expect(await run.callModel({ turn: 0, request: REQUEST })).toEqual(RESPONSE);
  await expect(run.committed()).rejects.toBe(full);
  await expect(run.callModel({ turn: 1, request: REQUEST })).rejects.toBe(full);
  await expect(run.callTool(toolCall(true), execute)).rejects.toBe(full);
  expect(faults).toEqual([full]);
  expect([sent, executed.length]).toEqual([1, 0]);
});

test('the run’s own signal ends the wait for the next send', async () => {
  sends = [fault({ retryable: true })];
  const stop = new AbortController();
  const calling = calls(false, { random: () => 0.5 }).callModel({ turn: 0, request: REQUEST, signal: stop.signal });
  await waitFor(() => clock.sleepers() === 1);
  stop.abort();
  await expect(calling).rejects.toMatchObject({ code: 'aborted' });
  expect(sent).toBe(1);
});

test('nothing is sent after the signal, and the budget gets its share back', async () => {
  const worst = await worstOf();
  budget = createBudget(worst, 0);
  await expect(
    calls(false).callModel({ turn: 0, request: REQUEST, signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({
    code: 'aborted',
  });
  expect(sent).toBe(0);
  await calls(false).callModel({ turn: 0, request: REQUEST });
});

test('a cap that the call’s worst price does not fit keeps it from being sent', async () => {
  budget = createBudget((await worstOf()) - 1, 0);
  await expect(calls(false).callModel({ turn: 0, request: REQUEST })).rejects.toMatchObject({ code: 'budget_reached' });
  expect(sent).toBe(0);
  expect((await totals()).openCalls).toBe(0);
});

test('without the lease nothing is sent', async () => {
  await store.releaseLease(fence);
  await expect(calls(false).callModel({ turn: 0, request: REQUEST })).rejects.toMatchObject({ code: 'lease_lost' });
  await expect(calls(false).callTool(toolCall(true), execute)).rejects.toMatchObject({ code: 'lease_lost' });
  expect(sent).toBe(0);
  expect(executed).toEqual([]);
});

test('a process that stood still between commit and send proves its lease before it sends', async () => {
  const slept: Store = {
    ...store,
    writeIntent: async (entry, guard) => {
      await store.writeIntent(entry, guard);
      // 16 s pass; meanwhile another process has taken over.
      await clock.advance(16_000);
      await store.releaseLease(fence);
    },
  };
  await expect(calls(false, { store: slept }).callModel({ turn: 0, request: REQUEST })).rejects.toMatchObject({
    code: 'lease_lost',
  });
  expect(sent).toBe(0);
});

test('a call that the process was stopped before is not sent late: the lease is proved first', async () => {
  const asked: (boolean | undefined)[] = [];
  const provider: RunCallsDeps['provider'] = {
    name: 'anthropic',
    respond: async (_request, { mayStillSend }) => {
      asked.push(mayStillSend?.());
      await clock.advance(16_000);
      asked.push(mayStillSend?.());
      await store.releaseLease(fence);
      throw new AppError('model_unreachable', 'Not sent.', { retryable: true });
    },
    close: async () => undefined,
  };
  await expect(calls(false, { provider }).callModel({ turn: 0, request: REQUEST })).rejects.toMatchObject({
    code: 'lease_lost',
  });
  expect(asked).toEqual([true, false]);
});

test('a tool’s answer is replayed; the tool is not called again', async () => {
  const result = await calls(false).callTool(toolCall(false), execute);
  expect(await calls(true).callTool(toolCall(false), execute)).toEqual(result);
  expect(executed).toEqual(['bat_1/0/1/0/1']);
  expect(await totals()).toMatchObject({ toolCalls: 1, modelCalls: 0, openCalls: 0 });
});

test('a lost answer: an idempotent tool is called again with the same key, another one is not', async () => {
  await store.writeIntent({ ...intent('tool'), call: 1, idempotent: true }, fence);
  await calls(true).callTool(toolCall(true), execute);
  expect(executed).toEqual(['bat_1/0/1/0/1']);
  await store.writeIntent({ ...intent('tool'), turn: 1, call: 1, idempotent: false }, fence);
  const again = calls(true).callTool({ ...toolCall(false), turn: 1 }, execute);
  await expect(again).rejects.toMatchObject({
    code: 'tool_outcome_unknown',
    message: expect.stringContaining('"look"'),
  });
  expect(executed).toHaveLength(1);
});

test('a tool call that the end of the run cut off journals no answer', async () => {
  const cut = () => Promise.reject(new AppError('aborted', 'Cut.'));
  await expect(calls(false).callTool(toolCall(true), cut)).rejects.toMatchObject({ code: 'aborted' });
  expect(await totals()).toMatchObject({ toolCalls: 0, openCalls: 1 });
});

test('the first attempt reads no journal', async () => {
  const reading = { ...store, readJournal: () => Promise.reject(new Error('It was read.')) };
  expect(await calls(false, { store: reading }).callModel({ turn: 0, request: REQUEST })).toEqual(RESPONSE);
});

test('an answer of unknown price is counted as such, and never as 0', async () => {
  const prices = { priceOf: () => undefined, costsOf: () => undefined, worstCase: () => undefined };
  await calls(false, { prices, budget: createBudget(undefined, 0) }).callModel({ turn: 0, request: REQUEST });
  expect(await totals()).toMatchObject({ unpricedCalls: 1, costMicroUsd: 0 });
});

let executed: string[] = [];
beforeEach(() => {
  executed = [];
});

async function execute(key: string): Promise<ToolResult> {
  executed.push(key);
  return { content: `call ${executed.length}`, isError: false };
}

function toolCall(idempotent: boolean): ToolCall {
  return { turn: 0, index: 0, toolUseId: 'use_1', name: 'look', input: { q: 'a' }, idempotent };
}

function intent(kind: 'model' | 'tool') {
  return {
    run: 'bat_1/0/1',
    turn: 0,
    call: 0,
    kind,
    name: kind,
    request: [],
    idempotent: true,
    worstMicroUsd: 0,
    at: 0,
  };
}

/** The worst price of {@link REQUEST}, as the journal reckons it. */
async function worstOf(): Promise<number> {
  const reserved: number[] = [];
  const stop = new AppError('budget_reached', 'Stop.');
  const spy: Budget = {
    ...createBudget(undefined, 0),
    reserve: async (worst) => {
      reserved.push(worst ?? Number.NaN);
      throw stop;
    },
  };
  await expect(calls(false, { budget: spy }).callModel({ turn: 0, request: REQUEST })).rejects.toBe(stop);
  return reserved[0] ?? Number.NaN;
}

async function waitFor(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
