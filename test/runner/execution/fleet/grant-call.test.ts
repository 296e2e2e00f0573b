import { expect, test } from 'vitest';
import type { CallOutcome } from '../../../../src/providers/lanes/call-lane.ts';
import { confirmGrant, grantCall } from '../../../../src/runner/execution/fleet/grant-call.ts';
import type { RemoteRun } from '../../../../src/runner/execution/fleet/remote-run.ts';

const RUN = 'bat_1/0/1';
const keyOf = (turn: number) => ({ run: RUN, turn, call: 0 });

/** A run of the worker `w1`, and what became of the money and the permits of its calls. */
const heldRun = () => {
  const drain = new AbortController();
  const done: string[] = [];
  const ended: CallOutcome['kind'][] = [];
  const journal = {
    reserve: async (worst: number) => void done.push(`reserve ${worst}`),
    settle: (worst: number, cost: number) => void done.push(`settle ${worst} ${cost}`),
    commitIntent: async ({ at }: { at: number }) => void done.push(`intent at ${at}`),
    commitRefusal: async () => void done.push('refusal'),
  };
  const permit = { limits: () => undefined, end: ({ kind }: CallOutcome) => void ended.push(kind) };
  const run = {
    task: { run: RUN },
    holder: 'w1',
    signal: new AbortController().signal,
    granted: new Map(),
    model: { calls: { journal, lane: { acquire: () => permit }, drain: drain.signal, clock: { now: () => 50 } } },
  } as unknown as RemoteRun;
  const grant = (turn: number) =>
    grantCall(
      run,
      {
        kind: 'grant',
        run: RUN,
        intent: { ...keyOf(turn), kind: 'model', name: 'm', request: [], idempotent: true, worstMicroUsd: 7, at: 0 },
        entry: { requestBytes: 1, maxTokens: 1, isRepeat: false },
        openSends: 0,
      },
      { from: 'w1', again: false },
    );
  return { run, grant, done, ended, drain };
};

test('a batch that stops grants the first call of no row, and the others of rows in progress', async () => {
  const { grant, done, drain } = heldRun();
  drain.abort();
  await expect(grant(0)).rejects.toMatchObject({ code: 'aborted' });
  expect(done).toEqual([]);
  await grant(1);
  expect(done).toEqual(['reserve 7', 'intent at 50']);
});

test('a first call that was granted before the batch stops, and not sent, is taken back with its money', async () => {
  const { run, grant, done, ended, drain } = heldRun();
  await grant(0);
  await confirmGrant(run, keyOf(0));
  drain.abort();
  await expect(confirmGrant(run, keyOf(0))).rejects.toMatchObject({ code: 'aborted' });
  expect(done).toEqual(['reserve 7', 'intent at 50', 'refusal', 'settle 7 0']);
  expect(ended).toEqual(['not-sent']);
  expect(run.granted.size).toBe(0);
});
