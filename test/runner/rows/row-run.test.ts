import { expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import type { ModelResponse } from '../../../src/protocol/messages.ts';
import type { OpenedAgent, RunOutcome } from '../../../src/protocol/run.ts';
import { createPriceTable } from '../../../src/providers/prices/prices.ts';
import type { JournalPort } from '../../../src/runner/rows/journal-port.ts';
import { createRowRuns } from '../../../src/runner/rows/row-run.ts';
import { type BatchSnapshot, type RowTask, taskOf } from '../../../src/runner/rows/row-task.ts';
import type { RunCallsDeps } from '../../../src/runner/rows/run-journal.ts';
import type { JournalEntry } from '../../../src/storage/journal.ts';
import type { RowRecord } from '../../../src/storage/rows.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { testAgent } from '../world.ts';

const NO_TOKENS = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };
const RESPONSE: ModelResponse = { content: [], stopReason: 'end_turn', usage: NO_TOKENS, model: 'claude-haiku-5-5' };

const snapshot: BatchSnapshot = {
  batchId: 'bat_1',
  agent: testAgent(),
  toolSpecs: null,
  columns: ['q'],
  tableUri: '/t.csv',
  inputMapping: { q: 'q' },
  decimalComma: false,
  outputMapping: { columns: { loud: '{% $uppercase(output.answer) %}' } },
};
const NO_TABLES = { readBytes: () => Promise.reject(new Error('no media here')) };
const row: RowRecord = {
  ...{
    row: 3,
    line: 5,
    key: null,
    status: 'running',
    attempt: 2,
    claims: 2,
    cells: ['word'],
    rawText: null,
    input: null,
  },
  ...{ output: null, error: null, startedAt: 1, endedAt: null, processingMs: null },
};

/** An agent of one model call, whose answer is what it was given. */
const agent: OpenedAgent = {
  toolSpecs: [],
  async run(messages, { callModel }): Promise<RunOutcome> {
    const tally = { messages: [], turns: 1, usage: NO_TOKENS };
    try {
      const request = { model: 'claude-haiku-5-5', system: '', messages, tools: [], maxTokens: 10 };
      await callModel({ turn: 0, request });
      return { status: 'succeeded', structured: { answer: String(messages[0]?.content) }, ...tally };
    } catch (thrown) {
      return { status: 'failed', error: thrown as AppError, ...tally };
    }
  },
  close: async () => undefined,
};

function world({ entries = [], commitAnswer }: { entries?: JournalEntry[]; commitAnswer?: () => Promise<void> } = {}) {
  const told: string[] = [];
  const journal: JournalPort = {
    read: async (run) => {
      told.push(`read ${run}`);
      return entries;
    },
    reserve: async () => void told.push('reserve'),
    settle: (_worst, cost) => void told.push(`settle ${cost}`),
    commitIntent: async ({ run, turn }) => {
      told.push(`intent ${run} ${turn}`);
      return () => true;
    },
    commitAnswer: async ({ run }) => {
      told.push(`answer ${run}`);
      await commitAnswer?.();
    },
    commitRefusal: async () => void told.push('refusal'),
  };
  const calls: RunCallsDeps = {
    journal,
    provider: { name: 'anthropic', respond: async () => RESPONSE, close: async () => undefined },
    prices: createPriceTable(),
    clock: createManualClock(),
    random: () => 0,
    signal: new AbortController().signal,
    goesAhead: true,
  };
  return { told, calls };
}

const elsewhere = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test('a task that went through JSON runs with nothing but a journal port, and what comes of it is plain data', async () => {
  const { told, calls } = world();
  const task: RowTask = elsewhere(taskOf('bat_1', row));
  const outcome = await createRowRuns(elsewhere(snapshot), { agent, tables: NO_TABLES, calls }).run(task);
  expect(elsewhere(outcome)).toEqual({
    kind: 'output',
    input: { q: 'word' },
    output: { structured: { answer: '{"q":"word"}' }, columns: { loud: '{"Q":"WORD"}' } },
    processingMs: 0,
    costMicroUsd: 0,
  });
  expect(told).toEqual([...['read bat_1/3/2', 'reserve', 'intent bat_1/3/2 0', 'settle 0', 'answer bat_1/3/2']]);
});

test('a first claim reads no journal', async () => {
  const { told, calls } = world();
  await createRowRuns(snapshot, { agent, tables: NO_TABLES, calls }).run(taskOf('bat_1', { ...row, claims: 1 }));
  expect(told).not.toContain('read bat_1/3/2');
});

test('an answer whose commit fails is a fault of the run, told after the answer was there', async () => {
  const lost = new AppError('lease_lost', 'Lost.');
  const { calls } = world({ commitAnswer: () => Promise.reject(lost) });
  let wasAnswered = false;
  const outcome = await createRowRuns(snapshot, { agent, tables: NO_TABLES, calls }).run(taskOf('bat_1', row), () => {
    wasAnswered = true;
  });
  expect(outcome).toMatchObject({ kind: 'fault', input: { q: 'word' }, error: lost });
  expect(wasAnswered).toBe(true);
});

test('a row without valid input is a fault without input, and calls nothing', async () => {
  const { told, calls } = world();
  const outcome = await createRowRuns(snapshot, { agent, tables: NO_TABLES, calls }).run(
    taskOf('bat_1', { ...row, cells: [] }),
  );
  expect(outcome).toMatchObject({ kind: 'fault', input: null, error: { code: 'input_invalid' } });
  expect(told).toEqual([]);
});

test('a run that parks ends with the call that is not answered yet, and sends nothing', async () => {
  const { told, calls } = world();
  const outcome = await createRowRuns(snapshot, { agent, tables: NO_TABLES, calls, parks: { holdsTools: false } }).run(
    taskOf('bat_1', row),
  );
  expect(outcome).toMatchObject({ kind: 'parked', call: { run: 'bat_1/3/2', turn: 0, wasSent: false } });
  expect(told).toEqual(['read bat_1/3/2']);
});
