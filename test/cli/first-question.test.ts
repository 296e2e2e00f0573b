import { readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoAnswer } from '../support/echo-agent.ts';
import { type MessagesServer, startMessagesServer } from '../support/messages-server.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

/** A folder with a table and no agents, and a server that speaks a provider's wire format. */
let space: Workspace;
let server: MessagesServer;
let env: Record<string, string>;
beforeAll(async () => {
  space = await createWorkspace();
  await rm(space.path('agents.yaml'));
  await space.write('tickets.csv', 'id,message\n1,My bill is wrong\n2,Where is it? ${HOME}\n');
  server = await startMessagesServer({ respond: echoAnswer, keepRequests: true });
  env = { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: server.url };
});
afterAll(async () => {
  await server.close();
  await space.close();
});

const QUESTION = [
  ...['--prompt', 'Topic of {message} ${ANTHROPIC_API_KEY}', '--output', 'topic:billing|delivery|other'],
  ...['--output', 'urgent:boolean', '--output', 'n:integer', '--output', 'tags:string[]'],
];

describe('the first question', () => {
  it('is answered by one command, without any agent or file of agents', async () => {
    const done = await space.run(['run', 'tickets.csv', ...QUESTION, '--out', 'out.csv'], { env });
    expect(done.stderr).toContain('The model is anthropic/claude-haiku-5-5, because none is named');
    expect(done.code).toBe(0);
    // The result names the model: the sentence is for the start.
    expect(done.stdout).toContain('anthropic/claude-haiku-5-5');
    expect(done.stdout).not.toContain('because none is named');
    const [header, ...rows] = (await readFile(space.path('out.csv'), 'utf8')).trim().split('\n');
    expect(header).toBe('id,message,topic,urgent,n,tags,_status,_processing_time,_error');
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(row).toMatch(/,(billing|delivery|other),(true|false),\d+,.*,SUCCESS,/);
    const sent = JSON.stringify(server.requests.map(({ body }) => body.messages));
    expect(sent).toContain('Topic of My bill is wrong ${ANTHROPIC_API_KEY}');
    expect(sent).toContain('Topic of Where is it? ${HOME} ${ANTHROPIC_API_KEY}');
  });

  it('is kept with its batch: the trace names it, and a resume after a sample asks the same', async () => {
    const args = ['run', 'tickets.csv', ...QUESTION, '--sample', '1', '--out', 'resumed.csv', '--json'];
    const report = JSON.parse((await space.run(args, { env })).stdout);
    expect(report).toMatchObject({ status: 'paused', agent: expect.stringMatching(/^question@[0-9a-f]{8}$/) });
    const trace = await space.run(['batches', 'trace', report.batch_id, '0'], { env });
    expect(trace.stdout).toContain('Topic of My bill is wrong');
    const resumed = await space.run(['batches', 'resume', report.batch_id, '--json'], { env });
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: 'completed', counts: { succeeded: 2 } });
  });

  it.each([
    ['a column that does not exist', ['--prompt', '{mesage}', '--output', 'a'], 'Did you mean {message}?'],
    ['no field', ['--prompt', '{message}'], 'also needs --output'],
    ['an agent too', [...QUESTION, '--agent', 'x'], 'not both'],
    ['an agent and a model', ['--agent', 'x', '--model', 'y'], 'an agent has its own model'],
    ['nothing', [], 'Name an agent with --agent, or ask with --prompt'],
  ])('is refused with %s, before anything is sent', async (_what, args, words) => {
    const before = server.stats.requests;
    const done = await space.run(['run', 'tickets.csv', ...args], { env });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain(words);
    expect(server.stats.requests).toBe(before);
  });
});
