import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConfirmations } from '../../../src/app/confirmations.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import type { App } from '../../../src/cli/app.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import type { Confirmations } from '../../../src/tools/execute/confirmations.ts';

const QUESTION = { request: { a: 1 }, title: 'Start costly\u001b[31m@v1 over a.csv', expectedUsd: 12, said: undefined };

let folder: string;
let store: Store;
let confirmations: Confirmations;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-confirm-'));
  store = await openSqliteStore({ path: join(folder, 'rowmill.db'), now: Date.now, log: createSilentLog() });
  confirmations = createConfirmations({ store, now: Date.now });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** `rowmill confirm` where a person types `typed`; without it, where no person is. */
async function confirm(args: string[], typed?: string) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let text = '';
  for (const stream of [stdout, stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  const isTTY = { stdin: typed !== undefined, stdout: false, stderr: typed !== undefined };
  const unused = () => Promise.reject(new Error('No face is needed.'));
  const code = await runCli({
    argv: ['node', 'rowmill', 'confirm', ...args],
    version: '0.0.0',
    app: async () => ({ confirmations, close: async () => undefined }) as unknown as App,
    faces: { http: unused, mcp: unused, worker: unused },
    io: { stdin: Readable.from([typed ?? '']), stdout, stderr, isTTY, columns: 80, cwd: folder, colour: false },
    signals: () => () => undefined,
  });
  return { code, text };
}

describe('rowmill confirm', () => {
  it('shows what is started and its cost, and records the yes of a person', async () => {
    const { token, code } = await confirmations.ask(QUESTION);
    const { code: exit, text } = await confirm([code], 'y\n');
    expect(text).toMatch(
      /Start costly.*@v1 over a\.csv\.\nCost, at the high end of the estimate: \$12\.00\.\n.*\[y\/N\]/s,
    );
    expect(text).not.toContain('\u001b');
    expect(exit).toBe(0);
    expect(await confirmations.use(token, QUESTION, 'a')).toBeUndefined();
  });

  it('takes an empty answer as a no', async () => {
    const { token, code } = await confirmations.ask({ ...QUESTION, expectedUsd: 0.001 });
    expect(await confirm([code], '\n')).toMatchObject({ code: 5, text: expect.stringMatching(/Nothing is started/) });
    expect(await confirmations.use(token, QUESTION, 'a')).toMatchObject({ reason: /No person/ });
  });

  it('refuses where no person can answer, also with --json and with a yes on stdin', async () => {
    const { code } = await confirmations.ask(QUESTION);
    expect(await confirm([code])).toMatchObject({ code: 2, text: expect.stringMatching(/Only a person can agree/) });
    expect(await confirm([code, '--json'], 'y\n')).toMatchObject({ code: 2 });
    expect(await confirmations.find({ code })).toMatchObject({ isAgreed: false });
  });

  it('says that a code is unknown', async () => {
    expect(await confirm(['ABCD-EFGH'], 'y\n')).toMatchObject({
      code: 2,
      text: expect.stringMatching(/no open question with the code "ABCD-EFGH"/),
    });
  });
});
