import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { echoAnswer } from '../support/echo-agent.ts';
import { type MessagesServer, startMessagesServer } from '../support/messages-server.ts';
import { createWorkspace, LAUNCHER, ROOT, type Workspace } from './workspace.ts';

/** An empty folder with a table, as a new user has it, and a server that speaks a provider's wire format. */
let space: Workspace;
let server: MessagesServer;
beforeAll(async () => {
  space = await createWorkspace();
  await rm(space.path('agents.yaml'));
  await space.write('tickets.csv', 'id,message\n1,My bill is wrong\n2,Where is it?\n');
  await space.write('rowmill', `#!/bin/sh\nexec "${process.execPath}" "${LAUNCHER}" "$@"\n`);
  await chmod(space.path('rowmill'), 0o755);
  server = await startMessagesServer({
    respond: (request) =>
      JSON.stringify(request.messages).includes('Where')
        ? { content: [], stop_reason: 'refusal' }
        : echoAnswer(request),
  });
});
afterAll(async () => {
  await server.close();
  await space.close();
});

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
/** The exit status when a row failed: the server refuses one, so that there is something to correct. */
const ROWS_FAILED = 3;
/** The conversations and servers that wait for more have tests of their own. */
const STAYS = /^rowmill (chat|serve|mcp)/;

it('every command of the README works in its order, in a folder with a table and a key', async () => {
  const blocks = README.matchAll(/^```(sh|yaml)\n([\s\S]*?)^```$/gm);
  const typed: string[] = [];
  for (const [, language, text = ''] of blocks) {
    if (language === 'yaml') await space.write('agents.yaml', text);
    for (const line of language === 'sh' ? text.split('\n') : []) {
      if (!line.startsWith('rowmill ') || STAYS.test(line)) continue;
      const { status, stdout, stderr } = await type(line);
      expect.soft(status, `${line}\n${stdout}${stderr}`).toBe(/ (run|retry) /.test(line) ? ROWS_FAILED : 0);
      typed.push(line);
    }
  }
  expect(typed).toHaveLength(11);
  expect(await readFile(space.path('tickets.question.csv'), 'utf8')).toMatch(/^id,message,topic,urgent,_status,/);
  expect((await readFile(space.path('sorted.csv'), 'utf8')).trim().split('\n')).toHaveLength(3);
});

/** Runs a line in a shell, in which `rowmill` is this program. */
function type(line: string): Promise<{ status: unknown; stdout: string; stderr: string }> {
  const env = {
    ...{ PATH: `${space.folder}:${process.env['PATH']}`, HOME: space.folder, ROWMILL_DATA_DIR: space.path('data') },
    ...{ ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: server.url },
  };
  return new Promise((resolve) => {
    execFile('bash', ['-c', line], { cwd: space.folder, env }, (error, stdout, stderr) => {
      resolve({ status: error?.code ?? 0, stdout, stderr });
    }).stdin?.end();
  });
}
