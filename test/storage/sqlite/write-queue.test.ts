import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { newFolder, newIntent } from '../support/store-fixture.ts';

const ANSWER = { response: {}, usage: null, costMicroUsd: 1, requestId: null, at: 2_500 };
const CALLS = Array.from({ length: 100 }, (_, index) => `conv:${index}`);

let folder: string;
let store: Store;
/** What another process would find after the end of this one. */
let outside: DatabaseSync;
beforeEach(async () => {
  folder = await newFolder();
  const path = join(folder, 'rowmill.db');
  store = await openSqliteStore({ path, now: () => 2_000, log: createSilentLog() });
  outside = new DatabaseSync(path, { readOnly: true });
});
afterEach(async () => {
  outside.close();
  await store.close();
  await rm(folder, { recursive: true });
});

const answersOutside = () => outside.prepare('SELECT count(*) AS count FROM journal_answers').get()?.['count'];

it('commits all but a few of the answers that arrive in one turn of the event loop inside that turn', async () => {
  await Promise.all(CALLS.map((run) => store.writeIntent(newIntent(run))));
  const writing: Promise<void>[] = [];
  for (const run of CALLS) {
    writing.push(store.writeAnswer({ run, turn: 0, call: 0 }, ANSWER));
    // A portion of its own follows a commit in the same turn.
    for (let steps = 0; steps < 20; steps += 1) await Promise.resolve();
  }
  expect(answersOutside()).toBeGreaterThan(CALLS.length - 16);
  await Promise.all(writing);
  expect(answersOutside()).toBe(CALLS.length);
});

it('lets only a few writers continue in one turn, so that answers are read in between', async () => {
  let continued = 0;
  const mostInATurn = { count: 0 };
  let seen = 0;
  const watch = () => {
    mostInATurn.count = Math.max(mostInATurn.count, continued - seen);
    seen = continued;
    if (continued < CALLS.length) setImmediate(watch);
  };
  const writing = CALLS.map((run) => store.writeIntent(newIntent(run)).then(() => (continued += 1)));
  setImmediate(watch);
  await Promise.all(writing);
  expect(mostInATurn.count).toBeGreaterThan(1);
  expect(mostInATurn.count).toBeLessThanOrEqual(16);
});
