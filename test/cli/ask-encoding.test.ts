import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { echoAnswer } from '../support/echo-agent.ts';
import { encodeText } from '../support/encode-text.ts';
import { type MessagesServer, startMessagesServer } from '../support/messages-server.ts';

let folder: string;
let server: MessagesServer;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-encoding-')));
  server = await startMessagesServer({ respond: echoAnswer });
  await writeFile(
    join(folder, 'cities.csv'),
    encodeText('id,text\n1,Москва солнечно\n2,Казань зной\n', 'windows-1251'),
  );
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** A command at a terminal where a person types each answer when its question comes; without answers, no terminal. */
async function rowmill(args: string[], answers?: [question: RegExp, answer: string][]) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const left = [...(answers ?? [])];
  let text = '';
  let seen = 0;
  for (const stream of [stdout, stderr])
    stream.on('data', (chunk) => {
      text += String(chunk);
      const [next] = left;
      if (next === undefined || !next[0].test(text.slice(seen))) return;
      left.shift();
      seen = text.length;
      stdin.write(`${next[1]}\n`);
    });
  const isTerminal = answers !== undefined;
  const unused = () => Promise.reject(new Error('No face is needed.'));
  const code = await runCli({
    argv: ['node', 'rowmill', ...args],
    version: '0.0.0',
    app: async () =>
      createApp(
        readConfig(
          { ROWMILL_DATA_DIR: join(folder, 'data'), ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: server.url },
          folder,
        ),
        createSilentLog(),
        { driver: 'supervisor' },
      ),
    faces: { http: unused, mcp: unused, worker: unused },
    io: {
      ...{ stdin, stdout, stderr, columns: 200, cwd: folder, colour: false },
      isTTY: { stdin: isTerminal, stdout: false, stderr: isTerminal },
    },
    signals: () => () => undefined,
  });
  return { code, text };
}

const RUN = ['run', 'cities.csv', '--prompt', 'Weather of {text}', '--output', 'said:string', '--out', 'out.csv'];

it('asks at a terminal for an encoding that is not certain, and runs the table with it', async () => {
  const { code, text } = await rowmill(RUN, [
    [/Which encoding/, 'cyrillic?'],
    [/no encoding.*Which encoding/s, 'windows-1251'],
    [/Start\?/, 'y'],
  ]);
  expect(text).toContain('it may be windows-1251 (it would read');
  expect(code).toBe(0);
  expect(await readFile(join(folder, 'out.csv'), 'utf8')).toContain(
    '1,Москва солнечно,echo:Weather of Москва солнечно,SUCCESS',
  );
});

it('analyses a table in the encoding that a person names, and prints the command that reads it so', async () => {
  const { code, text } = await rowmill(['analyze', 'cities.csv'], [[/Which encoding/, 'windows-1251']]);
  expect(code).toBe(0);
  expect(text).toContain('Москва солнечно');
  expect(text).toContain('rowmill run cities.csv --encoding windows-1251');
});

it.each([
  ['where no person can be asked', RUN, undefined],
  ['in a dry run where no person can be asked', [...RUN, '--dry-run'], undefined],
  ['with --yes', [...RUN, '--yes'], []],
  ['with --json', [...RUN, '--json'], []],
  ['when the person gives none', RUN, [[/Which encoding/, '']]],
  ['when the person gives none to analyze', ['analyze', 'cities.csv'], [[/Which encoding/, '']]],
] as [string, string[], [RegExp, string][] | undefined][])('is refused %s', async (_when, args, answers) => {
  const { code, text } = await rowmill(args, answers);
  expect(code).toBe(2);
  expect(text).toContain('--encoding windows-1251');
  expect(server.stats.requests).toBe(2);
});
