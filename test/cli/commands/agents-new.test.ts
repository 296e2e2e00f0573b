import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfig } from '../../../src/app/config.ts';
import { createApp } from '../../../src/app/create-app.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import { runCli } from '../../../src/cli/run-cli.ts';

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-new-')));
});
afterAll(() => rm(folder, { recursive: true }));

/** `rowmill agents new` at a terminal where a person types one answer after the other. */
async function agentsNew(answers: [question: RegExp, answer: string][]) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let text = '';
  let seen = 0;
  const hear = (chunk: Buffer) => {
    text += String(chunk);
    const [next] = answers;
    if (next === undefined || !next[0].test(text.slice(seen))) return;
    answers.shift();
    seen = text.length;
    stdin.write(`${next[1]}\n`);
  };
  for (const stream of [stdout, stderr]) stream.on('data', hear);
  const unused = () => Promise.reject(new Error('No face is needed.'));
  const settings = { ROWMILL_DATA_DIR: join(folder, 'data'), ANTHROPIC_API_KEY: 'k' };
  const code = await runCli({
    argv: ['node', 'rowmill', 'agents', 'new'],
    version: '0.0.0',
    app: async () => createApp(readConfig(settings, folder), createSilentLog(), { driver: 'supervisor' }),
    faces: { http: unused, mcp: unused, worker: unused },
    io: {
      ...{ stdin, stdout, stderr, columns: 80, cwd: folder, colour: false },
      isTTY: { stdin: true, stdout: false, stderr: true },
    },
    signals: () => () => undefined,
  });
  return { code, text, left: answers };
}

it('asks again for each answer that can not be used, with the reason, and keeps the others', async () => {
  const { code, text, left } = await agentsNew([
    [/Name: /, '../evil'],
    [/an agent name has.*Name: /s, 'topic'],
    [/Question/, 'Topic of it'],
    [/names no column.*Question/s, 'Topic of {message}'],
    [/Field 1/, ''],
    [/At least one field.*Field 1/s, 'topic:a|b'],
    [/Field 2/, 'n:whole'],
    [/no type "whole".*Field 2/s, 'topic:integer'],
    [/different names.*Field 2/s, ''],
    [/Model/, ''],
    [/Save it/, 'y'],
  ]);
  expect(left).toEqual([]);
  expect([code, text]).toEqual([0, expect.stringContaining('Saved topic@v1')]);
});
