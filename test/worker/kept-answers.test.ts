import { statSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { createEnvelope } from '../../src/fleet/envelope.ts';
import { type KeptAnswer, openKeptAnswers } from '../../src/worker/kept-answers.ts';

const parts = { envelope: createEnvelope('a key'), log: createSilentLog() };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-kept-'));
});
afterEach(() => rm(folder, { recursive: true }));

const answer = (run: string, text = ''): KeptAnswer => ({
  batchId: 'bat_1',
  answered: {
    ...{ run, by: 'w1', key: { run, turn: 0, call: 0 } },
    answer: { response: { text }, usage: null, costMicroUsd: 1, requestId: null, at: 0 },
  },
});
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
/** What a later worker finds once the process of the file is gone: one with another start has its pid. */
const left = async () => {
  const [name = ''] = await readdir(folder);
  await rename(join(folder, name), join(folder, name.replace(/-[^-]+\.answers$/, '-1.answers')));
  const later = openKeptAnswers(folder, parts);
  const { answers } = later.left();
  later.close();
  return answers.map(({ answered }) => answered.run);
};

test('answers are on the disk after the turn that kept them', async () => {
  const kept = openKeptAnswers(folder, parts);
  kept.keep(answer('a'));
  kept.keep(answer('b'));
  await turn();
  kept.close();
  expect(await left()).toEqual(['a', 'b']);
});

test('a portion of answers is on the disk immediately', async () => {
  const kept = openKeptAnswers(folder, parts);
  kept.keep(answer('first'));
  await turn();
  const [name = ''] = await readdir(folder);
  const { size } = await stat(join(folder, name));
  // What comes so soon after a write waits for others.
  for (let each = 0; each < 12; each += 1) kept.keep(answer(`${each}`));
  expect(statSync(join(folder, name)).size).toBeGreaterThan(size);
  kept.close();
  expect(await left()).toHaveLength(13);
});

test('a large file is written anew without what is acknowledged', async () => {
  const kept = openKeptAnswers(folder, parts);
  kept.keep(answer('open'));
  await turn();
  for (let each = 0; each < 12; each += 1) {
    const forget = kept.keep(answer(`acknowledged ${each}`, 'x'.repeat(100_000)));
    await turn();
    forget();
  }
  const [name = ''] = await readdir(folder);
  expect((await stat(join(folder, name))).size).toBeLessThan(1_000_000);
  kept.keep(answer('last'));
  await turn();
  kept.close();
  const runs = await left();
  expect(runs).toEqual(expect.arrayContaining(['open', 'last']));
  expect(runs).not.toContain('acknowledged 0');
});

test('a worker that closes without open answers leaves no file', async () => {
  const kept = openKeptAnswers(folder, parts);
  const forget = kept.keep(answer('a'));
  await turn();
  forget();
  kept.close();
  expect(await readdir(folder)).toEqual([]);
});
