import { expect, test } from 'vitest';
import { commitAnswer } from '../../../../src/runner/execution/fleet/answer-call.ts';
import { keyText, type RemoteRun } from '../../../../src/runner/execution/fleet/remote-run.ts';
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
