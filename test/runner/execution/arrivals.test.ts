import { afterEach, expect, test } from 'vitest';
import type { BatchOptions } from '../../../src/runner/contract/request/options.ts';
import type { RowArrivals } from '../../../src/runner/execution/claims.ts';
import type { ProcessEnd } from '../../../src/runner/execution/process-end.ts';
import { realtime } from '../../../src/runner/execution/realtime.ts';
import { createLiveTuning } from '../../../src/runner/lifecycle/live-tuning.ts';
import { currentOwner } from '../../../src/storage/lease-owner.ts';
import type { Store } from '../../../src/storage/store.ts';
import { startWorld, table, testAgent, until, type World, type WorldOptions } from '../world.ts';

let world: World;
afterEach(() => world.close());

/** A source that a test plays: rows arrive when it says so. */
function playedArrivals() {
  const listeners = new Set<() => void>();
  let isOver = false;
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const arrivals: RowArrivals = {
    isOver: () => isOver,
    listen(onRows) {
      listeners.add(onRows);
      return () => listeners.delete(onRows);
    },
    all: async () => undefined,
  };
  const end = () => {
    isOver = true;
    tell();
  };
  return { arrivals, tell, end, listeners };
}

/** Runs the rows of a batch that has none yet. */
async function start(given: WorldOptions = {}, options: BatchOptions = {}) {
  world = await startWorld(given);
  await world.write('table.csv', table(['unused']));
  const id = await world.start(options);
  const lease = await world.store.acquireLease(id, currentOwner());
  if (!lease.acquired) throw new Error('The lease is taken.');
  const { fence } = lease;
  await world.store.updateBatch(id, { status: 'running', columns: ['q'] }, { fence });
  const batch = await world.store.readBatch(id);
  if (batch === undefined) throw new Error('There is no batch.');
  const played = playedArrivals();
  const agent = await world.deps.openAgent(testAgent(), null, new AbortController().signal);
  const drain = new AbortController();
  const afterClaim: (() => Promise<void>)[] = [];
  let claims = 0;
  const store: Store = {
    ...world.store,
    async claimRows(...asked) {
      claims += 1;
      const rows = await world.store.claimRows(...asked);
      await afterClaim.shift()?.();
      return rows;
    },
  };
  let end: ProcessEnd | undefined;
  const running = realtime
    .run({
      ...{
        batch,
        fence,
        agent,
        deps: { ...world.deps, store },
        arrivals: played.arrivals,
        tuning: createLiveTuning(options),
      },
      ...{ drain: drain.signal, hard: new AbortController().signal },
    })
    .then((come) => {
      end = come;
      return come;
    });
  let next = 0;
  const arrive = async (...words: string[]) => {
    await world.store.insertRows(
      fence,
      words.map((word, index) => ({ row: next + index, line: next + index + 2, cells: [word] })),
    );
    next += words.length;
    played.tell();
  };
  const succeeded = async () => (await world.store.readBatch(id))?.totals.succeeded ?? 0;
  return {
    listeners: played.listeners,
    over: played.end,
    running,
    drain,
    arrive,
    succeeded,
    afterClaim,
    end: () => end,
    claims: () => claims,
  };
}

test('rows that arrive while others run are run, and it is done once no more arrive', async () => {
  const run = await start();
  await until(() => run.claims() === 1, 'the first claim');
  expect(run.end()).toBeUndefined();
  await run.arrive('a', 'b', 'c');
  await until(async () => (await run.succeeded()) === 3, 'three rows that are done');
  await run.arrive('d');
  await until(async () => (await run.succeeded()) === 4, 'the fourth row');
  expect(run.end()).toBeUndefined();
  run.over();
  expect(await run.running).toEqual({ kind: 'done' });
  expect(run.listeners.size).toBe(0);
  // Nothing was claimed while nothing arrived.
  expect(run.claims()).toBeLessThan(12);
});

test('rows that arrive while a claim is made are not missed, nor is the end', async () => {
  const run = await start();
  await run.arrive('a');
  await until(async () => (await run.succeeded()) === 1, 'the first row');
  // After the claim was made, before its claimer knows what it found.
  run.afterClaim.push(
    () => run.arrive('c'),
    async () => run.over(),
  );
  await run.arrive('b');
  expect(await run.running).toEqual({ kind: 'done' });
  expect(await run.succeeded()).toBe(3);
});

test('a drain ends the waiting for rows', async () => {
  const run = await start();
  await run.arrive('a');
  await until(async () => (await run.succeeded()) === 1, 'the row');
  run.drain.abort();
  expect(await run.running).toEqual({ kind: 'stopped' });
  expect(run.listeners.size).toBe(0);
});

test('the share of failed rows is measured once it is known how many there are', async () => {
  const refuse: WorldOptions = { respond: (row) => (row['q'] === 'bad' ? [{ type: 'text', text: 'No.' }] : []) };
  const run = await start(refuse, { tolerated_failure_percent: 50 });
  await run.arrive('bad', 'bad');
  await until(async () => world.sent.length >= 2, 'two calls');
  expect(run.end()).toBeUndefined();
  run.over();
  expect(await run.running).toMatchObject({ kind: 'tolerance' });
});
