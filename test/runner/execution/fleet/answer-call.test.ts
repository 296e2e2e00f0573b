import { expect, test } from 'vitest';
import { AppError } from '../../../../src/base/errors.ts';
import type { CallOutcome } from '../../../../src/providers/lanes/call-lane.ts';
import { commitAnswer, failCall } from '../../../../src/runner/execution/fleet/answer-call.ts';
import { keyText, type RemoteRun } from '../../../../src/runner/execution/fleet/remote-run.ts';
import { toWire } from '../../../../src/runner/execution/fleet/wire.ts';
import type { JournalAnswer } from '../../../../src/storage/journal.ts';

const KEY = { run: 'bat_1/0/1', turn: 0, call: 1 };
const NOW = 5_000;

/** When the answer of a tool is committed that its worker has written down at a time. */
const committedAt = async (at: number, { granted }: { granted: boolean }) => {
  const committed: JournalAnswer[] = [];
  const journal = { commitAnswer: async (_: unknown, answer: JournalAnswer) => void committed.push(answer) };
  const run = {
    granted: new Map(granted ? [[keyText(KEY), { key: KEY, worst: null, permit: undefined }]] : []),
    model: { calls: { journal, clock: { now: () => NOW } } },
  } as unknown as RemoteRun;
  const answer = { response: {}, usage: null, costMicroUsd: 0, requestId: null, at };
  await commitAnswer(run, { run: KEY.run, key: KEY, answer }, false);
  return committed[0]?.at;
};

test('the answer of a granted call is dated by this process, whatever the clock of its worker says', async () => {
  expect(await committedAt(1, { granted: true })).toBe(NOW);
  expect(await committedAt(NOW + 60_000, { granted: true })).toBe(NOW);
});

test('an answer that another process had granted keeps its date, but for one in the future', async () => {
  expect(await committedAt(1, { granted: false })).toBe(1);
  expect(await committedAt(NOW + 60_000, { granted: false })).toBe(NOW);
});

const MODEL_KEY = { run: KEY.run, turn: 0, call: 0 };

/** Fails a model call that was granted for 7 micro-dollars. Returns what lane, budget and worker are told. */
const failed = async (fault: AppError) => {
  const ended: CallOutcome[] = [];
  const settled: unknown[] = [];
  const permit = {
    limits: () => undefined,
    end: (outcome: CallOutcome) => {
      ended.push(outcome);
      return { kind: 'lane' as const };
    },
  };
  const run = {
    granted: new Map([[keyText(MODEL_KEY), { key: MODEL_KEY, worst: 7, permit }]]),
    model: { calls: { journal: { settle: (...all: unknown[]) => void settled.push(all.slice(0, 2)) } } },
  } as unknown as RemoteRun;
  const meaning = await failCall(run, { kind: 'fault', run: KEY.run, key: MODEL_KEY, error: toWire(fault) });
  const again = await failCall(run, { kind: 'fault', run: KEY.run, key: MODEL_KEY, error: toWire(fault) });
  return { ended, settled, meaning, again };
};

test('a fault of a worker is one of the shared lane, so that all workers cool down, and counts once', async () => {
  const limited = new AppError('model_rate_limited', 'Too many.', { retryable: true, retryAfterMs: 2_000 });
  const { ended, settled, meaning, again } = await failed(limited);
  expect(ended).toMatchObject([{ kind: 'failed', error: { code: 'model_rate_limited', retryAfterMs: 2_000 } }]);
  expect(meaning).toEqual({ kind: 'lane' });
  // It was refused: its money is free again.
  expect(settled).toEqual([[7, 0]]);
  expect(again).toEqual({ kind: 'own' });
});

test('the money of a call whose outcome is unknown stays reserved', async () => {
  const { settled } = await failed(
    new AppError('model_unreachable', 'Reset.', { retryable: true, outcomeUnknown: true }),
  );
  expect(settled).toEqual([[7, undefined]]);
});
