import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDeadline } from '../../../src/agent/loop/deadline.ts';
import { AppError, type AppErrorOptions, type ErrorCode } from '../../../src/base/errors.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import type { ModelRequest, ModelResponse } from '../../../src/protocol/messages.ts';
import { createLanes, type LaneMember, type LanesOptions } from '../../../src/providers/lanes/lane.ts';
import { createPriceTable } from '../../../src/providers/prices/prices.ts';
import type { RespondOptions } from '../../../src/providers/provider.ts';
import { createBudget } from '../../../src/runner/rows/budget.ts';
import { callUntilAnswered, type ModelCallDeps } from '../../../src/runner/rows/model-call.ts';
import { createStoreJournal, type StoreJournalDeps } from '../../../src/runner/rows/store-journal.ts';
import type { JournalIntent } from '../../../src/storage/journal.ts';
import { currentOwner } from '../../../src/storage/lease-owner.ts';
import type { Fence } from '../../../src/storage/leases.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { newBatch } from '../../storage/support/store-fixture.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';

const REQUEST: ModelRequest = { model: 'claude-haiku-5-5', system: '', messages: [], tools: [], maxTokens: 100 };
const RESPONSE: ModelResponse = {
  content: [{ type: 'text', text: 'Done.' }],
  stopReason: 'end_turn',
  usage: { inputTokens: 100, outputTokens: 20, cacheWriteTokens: 0, cacheReadTokens: 0 },
  model: 'claude-haiku-5-5',
};

let folder: string;
let store: Store;
let fence: Fence;
let clock: ManualClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-call-'));
  clock = createManualClock();
  store = await openSqliteStore({ path: join(folder, 'rowmill.db'), now: Date.now, log: createSilentLog() });
  await store.insertBatch(newBatch('bat_1', { status: 'running', columns: ['q'] }));
  const lease = await store.acquireLease('bat_1', currentOwner());
  if (!lease.acquired) throw new Error('The lease is taken.');
  fence = lease.fence;
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

interface Play {
  /** What the model does at each send, numbered from 1. */
  respond: (number: number, options: RespondOptions) => ModelResponse | Promise<ModelResponse>;
  deps?: Partial<ModelCallDeps & StoreJournalDeps>;
  lanes?: Partial<LanesOptions>;
  timeoutMs?: number;
}

/** One call of row 0, with a lane of its own and a deadline of its run; the clock is turned until it has settled. */
function play({ respond, deps = {}, lanes = {}, timeoutMs = 60_000 }: Play) {
  let sent = 0;
  const deadline = startDeadline(new AbortController().signal, timeoutMs, clock);
  const done: Promise<ModelResponse | AppError> = callUntilAnswered(
    {
      run: 'bat_1/0/1',
      turn: 0,
      request: REQUEST,
      appended: [],
      onText: undefined,
      wasSent: false,
      signal: deadline.signal,
      time: deadline,
    },
    {
      journal: createStoreJournal({ store, budget: createBudget(1_000_000, 0), clock, fence, ...deps }),
      provider: {
        name: 'anthropic',
        respond: async (_request, options) => {
          sent += 1;
          return respond(sent, options);
        },
        close: async () => undefined,
      },
      lane: createLanes({ clock, random: () => 1, ...lanes }).join('anthropic', REQUEST.model),
      prices: createPriceTable(),
      clock,
      random: () => 1,
      ...deps,
    },
  ).then(
    async ({ response, committed }) => (await committed) ?? response,
    (error: AppError) => error,
  );
  return { done, deadline, sent: () => sent };
}

/** Turns the clock on, a second at a time, until the promise has settled. */
async function settled<T>(promise: Promise<T>, limitMs = 3_600_000): Promise<T> {
  let isSettled = false;
  void promise.finally(() => {
    isSettled = true;
  });
  while (!isSettled) {
    if (clock.now() > limitMs) throw new Error(`It has not settled in ${limitMs} ms.`);
    await clock.advance(1000);
  }
  return promise;
}

const fault = (code: ErrorCode, options: AppErrorOptions = {}): never => {
  throw new AppError(code, `${code}.`, { retryable: true, ...options });
};
const openCalls = async () => (await store.readBatch('bat_1'))?.totals.openCalls;

test('is sent again after a rate limit however often, and the waits are not the run’s time', async () => {
  const call = play({
    respond: (number) => (number <= 30 ? fault('model_rate_limited', { retryAfterMs: 5000 }) : RESPONSE),
  });
  expect(await settled(call.done)).toEqual(RESPONSE);
  expect(call.sent()).toBe(31);
  expect(clock.now()).toBeGreaterThanOrEqual(150_000);
  expect(call.deadline.signal.aborted).toBe(false);
});

/** A lane in which every refusal for the rate stands alone. */
const ALONE: LaneMember = {
  acquire: () => ({
    limits: () => undefined,
    end: (end) => ({ kind: end.kind === 'failed' && end.error.code === 'model_rate_limited' ? 'alone' : 'own' }),
  }),
  setPriority: () => undefined,
  leave: () => undefined,
};

test('is sent again after refusals that stand alone, as late as each asks, and they count as no sends', async () => {
  const respond = (number: number) => {
    if (number <= 9) fault('model_rate_limited', { retryAfterMs: 5000 });
    return number <= 16 ? fault('model_server_error') : RESPONSE;
  };
  const call = play({ respond, deps: { lane: ALONE } });
  expect(await settled(call.done)).toEqual(RESPONSE);
  expect(call.sent()).toBe(17);
  expect(clock.now()).toBeGreaterThanOrEqual(9 * 5000);
  expect(call.deadline.signal.aborted).toBe(false);
});

test('fails when it alone is refused again and again', async () => {
  const call = play({ respond: () => fault('model_rate_limited'), deps: { lane: ALONE } });
  expect(await settled(call.done)).toMatchObject({ code: 'model_rate_limited' });
  expect(call.sent()).toBe(25);
  expect(clock.now()).toBeGreaterThan(300_000);
});

test('is sent eight times when its own sends fail, and the backoff is not the run’s time', async () => {
  const call = play({ respond: () => fault('model_server_error') });
  expect(await settled(call.done)).toMatchObject({ code: 'model_server_error' });
  expect(call.sent()).toBe(8);
  expect(clock.now()).toBeGreaterThan(60_000);
  expect(call.deadline.signal.aborted).toBe(false);
});

test('waits for a server that is down without counting, until the lane is given up', async () => {
  const breaker = { threshold: 3, firstOpenMs: 1000, maxOpenMs: 10_000 };
  const call = play({ respond: () => fault('model_server_error'), lanes: { breaker, patienceMs: 120_000 } });
  expect(await settled(call.done)).toMatchObject({
    code: 'model_unavailable',
    message: expect.stringContaining('every call has failed'),
  });
  expect(call.sent()).toBeGreaterThan(8);
  expect(clock.now()).toBeGreaterThan(120_000);
});

test('hands the deadline of one call to the provider, and gives the run the time of a call that missed it', async () => {
  const timeouts: (number | undefined)[] = [];
  const call = play({
    timeoutMs: 60_000,
    deps: { callLimits: () => ({ timeoutMs: 45_000 }) },
    respond: async (number, { timeoutMs, signal }) => {
      timeouts.push(timeoutMs);
      if (number > 3) return RESPONSE;
      await clock.sleep(45_000, signal);
      return fault('model_timeout', { outcomeUnknown: true });
    },
  });
  expect(await settled(call.done)).toEqual(RESPONSE);
  expect(timeouts).toEqual([45_000, 45_000, 45_000, 45_000]);
  // Three sends whose outcome is not known stay in the range of the bill.
  expect(await openCalls()).toBe(3);
});

test('a halt between its intent and its send leaves it unsent, and the intent refused', async () => {
  const halt = new AbortController();
  const halting = new Proxy(store, {
    get: (target, name: keyof Store) =>
      name !== 'writeIntent'
        ? target[name]
        : async (intent: JournalIntent, by?: Fence) => {
            await target.writeIntent(intent, by);
            halt.abort();
          },
  });
  const call = play({ respond: () => RESPONSE, deps: { store: halting, halt: halt.signal } });
  expect(await settled(call.done)).toMatchObject({ code: 'aborted' });
  expect(call.sent()).toBe(0);
  expect(await openCalls()).toBe(0);
});

test('a drain ends its waiting, and the budget gets its share back', async () => {
  const drain = new AbortController();
  const budget = createBudget(200, 0);
  const call = play({
    respond: () => fault('model_rate_limited', { retryAfterMs: 60_000 }),
    deps: { drain: drain.signal, budget },
  });
  await clock.advance(1000);
  while (call.sent() === 0) await clock.advance(1);
  drain.abort();
  expect(await call.done).toMatchObject({ code: 'aborted' });
  // It fits only when nothing else is reserved.
  await budget.reserve(200);
});

test('tells of the fault that ends it, and not of those that are waited out', async () => {
  const ending: string[] = [];
  const waited: string[] = [];
  const call = play({
    respond: (number) => fault(number < 3 ? 'model_overloaded' : 'model_key_refused', { retryable: number < 3 }),
    deps: { onFault: ({ code }) => ending.push(code), onRetry: ({ code }) => waited.push(code) },
  });
  await settled(call.done);
  expect(ending).toEqual(['model_key_refused']);
  expect(waited).toEqual(['model_overloaded', 'model_overloaded']);
});

test('sends nothing to a fallback model of unknown price under a cap', async () => {
  const call = play({
    respond: () => fault('model_unknown', { retryable: false }),
    deps: {
      provider: {
        name: 'anthropic',
        route: (request) => ({ ...request, model: 'claude-nobody-knows' }),
        respond: async () => RESPONSE,
        close: async () => undefined,
      },
    },
  });
  expect(await settled(call.done)).toMatchObject({ code: 'budget_unpriced' });
  expect(await openCalls()).toBe(0);
});
