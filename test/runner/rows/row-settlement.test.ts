import { expect, test } from 'vitest';
import { AppError, type ErrorCode } from '../../../src/base/errors.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import { createBudget } from '../../../src/runner/rows/budget.ts';
import { createFlights } from '../../../src/runner/rows/flights.ts';
import type { RowOutcome } from '../../../src/runner/rows/row-run.ts';
import { createRowSettlement } from '../../../src/runner/rows/row-settlement.ts';
import type { RowTask } from '../../../src/runner/rows/row-task.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createEvents } from '../../../src/telemetry/create-events.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const task: RowTask = { run: 'bat_1/3/1', row: 3, line: 5, key: null, attempt: 1, cells: ['word'], replays: false };
const output: RowOutcome = {
  ...{ kind: 'output', input: { q: 'a' }, output: { structured: { answer: 'b' }, columns: {} } },
  ...{ processingMs: 7, costMicroUsd: 20 },
};
const fault = (code: ErrorCode): RowOutcome => ({
  ...{ kind: 'fault', input: { q: 'a' }, error: new AppError(code, 'No.'), isCharged: true },
  ...{ processingMs: 7, costMicroUsd: 20 },
});

function world(finishRow: () => Promise<void> = async () => undefined) {
  const stored: unknown[] = [];
  const store = {
    finishRow: async (_fence: unknown, row: number, { status }: { status: string }) => {
      stored.push(['finished', row, status]);
      if (status === 'succeeded') await finishRow();
    },
    returnRow: async (_fence: unknown, row: number) => void stored.push(['returned', row]),
    findAnswer: async () => undefined,
  } as unknown as Store;
  const fence = { batchId: 'bat_1', epoch: 1 };
  const clock = createManualClock();
  const flights = createFlights();
  const events = createEvents({ log: createSilentLog() });
  const cache = { scope: 'batch' as const, store, clock, flights, fence, provider: { name: 'anthropic' } };
  return {
    stored,
    settlement: createRowSettlement({ store, fence, clock, events, budget: createBudget(undefined, 0) }, cache),
  };
}

test('a run with an output ends its row as succeeded', async () => {
  const { stored, settlement } = world();
  expect(await settlement.settleRow(task, output)).toEqual({ kind: 'succeeded' });
  expect(stored).toEqual([['finished', 3, 'succeeded']]);
});

test.each<[ErrorCode, string, unknown[]]>([
  ['refused', 'failed', [['finished', 3, 'failed']]],
  ['model_key_refused', 'returned', [['returned', 3]]],
  ['budget_reached', 'returned', [['returned', 3]]],
  ['aborted', 'returned', [['returned', 3]]],
  ['lease_lost', 'returned', []],
])('a run that met %s is %s', async (code, kind, expected) => {
  const { stored, settlement } = world();
  expect(await settlement.settleRow(task, fault(code))).toMatchObject({ kind });
  expect(stored).toEqual(expected);
});

test('an output that can not be stored is no success: the fault of the store counts', async () => {
  const { stored, settlement } = world(() => Promise.reject(new AppError('store_unavailable', 'Full.')));
  expect(await settlement.settleRow(task, output)).toMatchObject({
    kind: 'returned',
    error: { code: 'store_unavailable' },
  });
  expect(stored).toEqual([['finished', 3, 'succeeded']]);
});

test('a row that parks stays claimed', async () => {
  const { stored, settlement } = world();
  expect(await settlement.settleRow(task, { kind: 'parked', call: undefined })).toMatchObject({ kind: 'parked', task });
  expect(stored).toEqual([]);
});

test.each([
  ['a failure', fault('refused')],
  ['a return', fault('aborted')],
  ['a row that parks', { kind: 'parked' as const, call: undefined }],
])('whoever waits for an identical request leads after %s', async (_, outcome) => {
  const { settlement } = world();
  const request = { model: 'm', system: '', messages: [], tools: [], maxTokens: 1 };
  const call = { turn: 0, request, appended: [], signal: new AbortController().signal };
  expect(await settlement.journal.openCache?.(task.run).take(call)).toBeUndefined();
  const second = settlement.journal.openCache?.('bat_1/4/1').take(call);
  await settlement.settleRow(task, outcome);
  expect(await second).toBeUndefined();
});
