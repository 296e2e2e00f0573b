import { glob, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const TESTS = resolve(import.meta.dirname, '..');

/** What lets time pass. */
const SLEEP = /\bsetTimeout\b|timers\/promises|\bclock\.sleep\(/;

/** Files that may: servers that play a slow provider, conditions that are asked again, clocks, and torture. */
const ALLOWED = [
  /^torture\//,
  /^support\//,
  /^rules\//,
  // Conditions that are asked again until they hold.
  /^runner\/world\.ts$/,
  /^e2e\/rowmill-process\.ts$/,
  // Stops a process at a random moment, and asks the system whether it is stopped.
  /^e2e\/stop-process\.ts$/,
  // Clocks and servers that a test plays.
  /^e2e\/two-turn-site\.ts$/,
  /^providers\/lanes\/(lane-world|limit-scenarios)\.ts$/,
  /^runner\/lifecycle\/(supervise|drive)\.test\.ts$/,
  /^runner\/rows\/model-call\.test\.ts$/,
  /^tools\/rig\.ts$/,
  // `setImmediate` of the same module.
  /^mcp\/draining-transport\.test\.ts$/,
  /^http\/shared-reports\.test\.ts$/,
  // Kills at random moments.
  /^e2e\/crash\.test\.ts$/,
];

it('no test sleeps: it waits for a condition, or turns a clock', async () => {
  const sleeping: string[] = [];
  for await (const path of glob('**/*.ts', { cwd: TESTS })) {
    if (ALLOWED.some((pattern) => pattern.test(path))) continue;
    if (SLEEP.test(await readFile(join(TESTS, path), 'utf8'))) sleeping.push(path);
  }
  expect(sleeping).toEqual([]);
});
