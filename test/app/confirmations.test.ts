import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConfirmations } from '../../src/app/confirmations.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../src/storage/store.ts';
import type { Confirmations } from '../../src/tools/execute/confirmations.ts';

const REQUEST = { action: 'start', request: { csv_uri: 'a.csv', options: { sample: 3, concurrency: 2 } } };
const SAME = { request: { options: { concurrency: 2, sample: 3 }, csv_uri: 'a.csv' }, action: 'start' };
const QUESTION = { request: REQUEST, title: 'Start', expectedUsd: 12.34, said: undefined };
const MINUTE = 60_000;

const clock = { now: 0 };
let folder: string;
let stores: Store[];
/** Two processes on one data directory. */
let here: Confirmations;
let there: Confirmations;

beforeEach(async () => {
  clock.now = 1_800_000_000_000;
  folder = await mkdtemp(join(tmpdir(), 'rowmill-confirm-'));
  const open = () =>
    openSqliteStore({ path: join(folder, 'rowmill.db'), now: () => clock.now, log: createSilentLog() });
  stores = [await open(), await open()];
  const [first, second] = stores.map((store) => createConfirmations({ store, now: () => clock.now }));
  if (first === undefined || second === undefined) throw new Error('There are two.');
  [here, there] = [first, second];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  await rm(folder, { recursive: true });
});

describe('a question to a person', () => {
  it('is not answered by its token alone', async () => {
    const { token, code } = await here.ask(QUESTION);
    expect(await here.use(token, QUESTION, 'a')).toMatchObject({
      reason: 'No person has agreed yet.',
      open: { token, code, isAgreed: false },
    });
  });

  it('is answered by its code, however it is typed, in any process, for its request with its keys in any order', async () => {
    const { token, code } = await here.ask(QUESTION);
    expect(code).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/);
    expect(await there.agree(` ${code.toLowerCase().replace('-', ' ')} `)).toBe(true);
    expect(await there.find({ code })).toMatchObject({ title: 'Start', expectedUsd: 12.34, isAgreed: true });
    expect(await here.use(token, { ...QUESTION, request: SAME }, 'a')).toBeUndefined();
  });

  it('is good for one action over all processes, and for that one again', async () => {
    const { token, code } = await here.ask(QUESTION);
    await here.agree(code);
    const used = await Promise.all([here.use(token, QUESTION, 'a'), there.use(token, QUESTION, 'b')]);
    expect(used.filter((refused) => refused === undefined)).toHaveLength(1);
    const [winner, loser] = used[0] === undefined ? ['a', 'b'] : ['b', 'a'];
    expect(await there.use(token, QUESTION, winner)).toBeUndefined();
    expect(await there.use(token, QUESTION, loser)).toMatchObject({ reason: expect.stringMatching(/for one action/) });
    expect(await here.agree(code)).toBe(false);
    expect(await here.find({ code })).toBeUndefined();
  });

  it('is answered by a later message of its conversation, not by another conversation', async () => {
    const said = { conversation: 'conv_1', number: 4 };
    const question = { ...QUESTION, said };
    const { token } = await here.ask(question);
    for (const no of [said, { ...said, number: 2 }, { conversation: 'conv_2', number: 9 }, undefined]) {
      expect(await here.use(token, { ...question, said: no }, 'a')).toMatchObject({ reason: /No person/ });
    }
    expect(await there.use(token, { ...question, said: { ...said, number: 6 } }, 'a')).toBeUndefined();
  });

  it('is for one request at its cost, and no longer than a quarter of an hour', async () => {
    const { token, code } = await here.ask(QUESTION);
    await here.agree(code);
    const other = { ...QUESTION, request: { ...REQUEST, action: 'resume' } };
    expect(await here.use(token, other, 'a')).toMatchObject({ reason: /exactly the arguments/ });
    expect(await here.use(`${token}A`, QUESTION, 'a')).toMatchObject({ reason: /exactly the arguments/ });
    expect(await here.use(token, { ...QUESTION, expectedUsd: 14 }, 'a')).toMatchObject({ reason: /cost is higher/ });
    expect(await here.use(token, { ...QUESTION, expectedUsd: null }, 'a')).toMatchObject({ reason: /cost is higher/ });
    clock.now += 15 * MINUTE;
    expect(await here.use(token, QUESTION, 'a')).toMatchObject({ reason: /expired/ });
    expect(await here.agree(code)).toBe(false);
  });
});

describe('spending without a question', () => {
  const spend = (batchId: string, expectedUsd: number, more: { spentUsd?: number; key?: string } = {}) => ({
    key: more.key ?? `${batchId}/${expectedUsd}/${Math.random()}`,
    batchId,
    expectedUsd,
    spentUsd: more.spentUsd ?? 0,
  });

  it('stays below the limit in an hour, over all processes', async () => {
    const starts = [here, there, here, there, here].map((process, index) =>
      process.startUnasked(spend(`bat_${index}`, 0.009), 0.01),
    );
    expect((await Promise.all(starts)).filter(({ counted }) => counted)).toHaveLength(1);
    expect(await there.startUnasked(spend('bat_9', 0.001), 0.01)).toMatchObject({ counted: true, sumUsd: 0.009 });
    clock.now += 61 * MINUTE;
    expect(await here.startUnasked(spend('bat_10', 0.009), 0.01)).toEqual({ counted: true, sumUsd: 0 });
  });

  it('counts a repeated action once, and takes back one that was not carried out', async () => {
    const one = spend('bat_1', 3, { key: 'one' });
    for (const process of [here, there]) expect((await process.startUnasked(one, 5)).counted).toBe(true);
    expect((await here.startUnasked(spend('bat_2', 3), 5)).counted).toBe(false);
    await there.forgetUnasked('one');
    expect((await here.startUnasked(spend('bat_2', 3), 5)).counted).toBe(true);
  });

  it('counts the rest of a batch only beyond what its start has counted', async () => {
    await here.startUnasked(spend('bat_1', 4), 5);
    expect((await here.startUnasked(spend('bat_1', 3, { spentUsd: 1 }), 5)).counted).toBe(true);
    expect((await here.startUnasked(spend('bat_1', 4.5), 5)).counted).toBe(true);
    expect((await here.startUnasked(spend('bat_1', 4, { spentUsd: 4.5 }), 5)).counted).toBe(false);
    expect((await here.startUnasked(spend('bat_2', 0), 1)).counted).toBe(true);
  });
});
