import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import type { DayCap } from '../../../src/storage/spending.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { newFolder, newIntent, startBatch } from '../support/store-fixture.ts';

/** Days of 1,000 ms. */
const DAY: DayCap = { capMicroUsd: 1_000, dayOf: (at) => `day ${Math.floor(at / 1_000)}` };
const ANSWER = { response: {}, usage: null, requestId: null, at: 2_500 };
const key = (run: string) => ({ run, turn: 0, call: 0 });

let folder: string;
/** Two processes on one data directory. */
let here: Store;
let there: Store;
const open = (dayCap?: DayCap) =>
  openSqliteStore({ path: join(folder, 'rowmill.db'), now: () => 2_000, log: createSilentLog(), dayCap });

beforeEach(async () => {
  folder = await newFolder();
  [here, there] = [await open(DAY), await open(DAY)];
});
afterEach(async () => {
  await here.close();
  await there.close();
  await rm(folder, { recursive: true });
});

const send = (store: Store, run: string, worstMicroUsd: number | null = 100, at = 2_000) =>
  store.writeIntent(newIntent(run, { worstMicroUsd, at }));

it('admits calls of all processes up to the cap, each at its worst price, also within one transaction', async () => {
  const sends = Array.from({ length: 20 }, (_, index) => send(index % 2 === 0 ? here : there, `conv:${index}`));
  const outcomes = await Promise.allSettled(sends);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: {
      code: 'budget_reached',
      retryable: true,
      message: expect.stringMatching(
        /\$0\.001 a day \(ROWMILL_MAX_USD_PER_DAY\) is reached: .* spent on day 2 and up to/,
      ),
    },
  });
  expect(await there.readDaySpending(2_999)).toEqual({
    ...{ capMicroUsd: 1_000, key: null, day: 'day 2', costMicroUsd: 0, openMicroUsd: 1_000 },
  });
});

it('replaces the worst price by the cost, frees a refused send, and keeps a lost one beside its repetition', async () => {
  for (const run of ['answered', 'refused', 'lost']) await send(here, run, 300);
  await there.writeAnswer(key('answered'), { ...ANSWER, costMicroUsd: 10.5 });
  await there.writeRefusal(key('refused'));
  expect(await here.readDaySpending(2_000)).toMatchObject({ costMicroUsd: 10.5, openMicroUsd: 300 });
  await send(here, 'lost', 300);
  expect(await here.readDaySpending(2_000)).toMatchObject({ costMicroUsd: 10.5, openMicroUsd: 600 });
  await expect(send(here, 'more', 400)).rejects.toMatchObject({ code: 'budget_reached', retryable: true });
  await send(here, 'fits', 389);
});

it('counts an answer on the day on which its call was sent', async () => {
  await send(here, 'late', 900, 2_999);
  await here.writeAnswer(key('late'), { ...ANSWER, at: 3_100, costMicroUsd: 990 });
  expect(await here.readDaySpending(3_000)).toMatchObject({ day: 'day 3', costMicroUsd: 0, openMicroUsd: 0 });
  expect(await here.readDaySpending(2_000)).toMatchObject({ costMicroUsd: 990, openMicroUsd: 0 });
  await expect(send(here, 'same day')).rejects.toMatchObject({ retryable: false });
  await send(here, 'next day', 100, 3_000);
});

it('keeps the cap of each day when the clock jumps back over midnight and on again', async () => {
  let runs = 0;
  /** How many of twenty calls at a time are admitted. */
  const admittedAt = async (at: number) => {
    const sends = Array.from({ length: 20 }, () => send(runs % 2 === 0 ? here : there, `run:${runs++}`, 100, at));
    return (await Promise.allSettled(sends)).filter(({ status }) => status === 'fulfilled').length;
  };
  for (let sent = 0; sent < 6; sent += 1) await send(here, `first:${sent}`, 100, 2_999);
  expect(await admittedAt(3_000)).toBe(10);
  expect(await admittedAt(2_990)).toBe(4);
  expect(await admittedAt(3_500)).toBe(0);
  // An answer that arrives after the jump is settled where its call was counted.
  await there.writeAnswer(key('first:0'), { ...ANSWER, at: 3_600, costMicroUsd: 0 });
  expect(await admittedAt(3_600)).toBe(0);
  expect(await admittedAt(2_995)).toBe(1);
});

it('counts the calls of provider jobs, and puts none of a portion into a job that the cap has no room for', async () => {
  const fence = await startBatch(here, 'bat_1', 4);
  await here.insertProviderJob(fence, { id: 'job_1', provider: 'p', model: 'm', createdAt: 1 });
  const rows = await here.claimRows(fence, { limit: 4, at: 1 });
  const parked = rows.map(({ row }) => ({
    row,
    intent: newIntent(`bat_1/${row}/1`, { worstMicroUsd: 300 }),
  }));
  await expect(here.parkRows(fence, 'job_1', parked)).rejects.toMatchObject({ code: 'budget_reached' });
  expect(await here.readDaySpending(2_000)).toMatchObject({ openMicroUsd: 0 });
  await here.parkRows(fence, 'job_1', parked.slice(0, 3));
  expect(await here.readDaySpending(2_000)).toMatchObject({ openMicroUsd: 900 });
  const answer = { ...ANSWER, costMicroUsd: 5 };
  await here.settleProviderJobRows(fence, 'job_1', [{ row: 0, attempt: 1, turn: 0, kind: 'answered', answer }]);
  await here.settleProviderJobRows(fence, 'job_1', [{ row: 1, attempt: 1, turn: 0, kind: 'refused' }]);
  expect(await here.readDaySpending(2_000)).toMatchObject({ costMicroUsd: 5, openMicroUsd: 300 });
});

it('refuses a model of unknown price, and counts no tool', async () => {
  await expect(send(here, 'unpriced', null)).rejects.toMatchObject({
    code: 'budget_unpriced',
    message: expect.stringContaining('ROWMILL_MAX_USD_PER_DAY'),
  });
  await here.writeIntent(newIntent('tool', { kind: 'tool', worstMicroUsd: null }));
});

it('counts nothing without a cap, and is never below 0 where such a process has sent', async () => {
  const free = await open();
  await send(free, 'uncounted', 5_000);
  expect(await free.readDaySpending(2_000)).toBeNull();
  await send(here, 'counted', 200);
  await here.writeAnswer(key('uncounted'), { ...ANSWER, costMicroUsd: 7 });
  expect(await here.readDaySpending(2_000)).toMatchObject({ costMicroUsd: 7, openMicroUsd: 0 });
  await free.close();
});

it('keeps sums beyond the safe integers', async () => {
  const large = await open({ ...DAY, capMicroUsd: 1e12 });
  for (let index = 0; index < 3; index += 1) await send(large, `large:${index}`, 2e10);
  expect(await large.readDaySpending(2_000)).toMatchObject({ openMicroUsd: 6e10 });
  await large.close();
});
