import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, readEvents, type Schemas } from '../../src/client/client.ts';
import { createWorkspace, ROOT, type Workspace } from '../cli/workspace.ts';
import { echoAnswer } from '../support/echo-agent.ts';
import { type MessagesServer, startMessagesServer } from '../support/messages-server.ts';

const SERVICE = join(ROOT, 'examples', 'service');
const MODEL = 'anthropic/claude-haiku-5-5';

let model: MessagesServer;
let there: Workspace;
let url = '';
/** Whether the model refuses the row with the broken handle. */
let refuses = true;

beforeAll(async () => {
  model = await startMessagesServer({
    respond: (request) =>
      refuses && JSON.stringify(request.messages).includes('handle')
        ? { content: [{ type: 'text', text: 'No.' }], stop_reason: 'refusal' }
        : echoAnswer(request),
  });
  there = await createWorkspace();
  const env = { ANTHROPIC_API_KEY: 'test', ANTHROPIC_BASE_URL: model.url, ROWMILL_API_KEYS: 'secret-key' };
  const serving = there.start(['serve', '--port', '0'], { env });
  await serving.until(/Listening on/);
  url = /http:\/\/[\d.:]+/.exec(serving.stdout())?.[0] ?? '';
});

afterAll(() => Promise.all([there.close(), model.close()]));

describe('the whole path over REST', () => {
  it('goes with curl, as examples/service/walk.sh does it', async () => {
    refuses = true;
    const env = { ...process.env, ROWMILL_API_KEY: 'secret-key', MODEL };
    const { stdout } = await promisify(execFile)('bash', [join(SERVICE, 'walk.sh'), url], { env });
    expect(stdout).toMatch(/== analyse ==\n3 rows; id: integer, review: text/);
    expect(stdout).toMatch(/3 rows, columns id,review, problems: 0/);
    expect(stdout).toMatch(/== watch ==\ncompleted: 2 succeeded, 1 failed/);
    expect(stdout).toMatch(/== a failed row ==\nrow 2: refused/);
    expect(stdout).toMatch(/== retry ==\ncompleted: 2 succeeded, 1 failed/);
    expect(stdout).toMatch(/== export ==\nid,review,topic,/);
    expect(stdout).toMatch(/== report ==\n# /);
  });

  it('queues and processes a night of jobs with curl, as examples/service/night.sh does it', async () => {
    const env = { ...process.env, ROWMILL_API_KEY: 'secret-key', MODE: 'realtime' };
    const given = { env, cwd: there.folder };
    const { stdout } = await promisify(execFile)('bash', [join(SERVICE, 'night.sh'), url, '120'], given);
    expect(stdout).toMatch(/== queue ==\n120 jobs\n120 wait, 12 of them with priority 10: \{"standard_usd":/);
    expect(stdout).toMatch(/== process ==\nbat_\w+ completed: 120 succeeded, 0 failed/);
    const [, saved, summed] = /savings: (120 calls, \$0\.[^\n]*)\nledger: {2}([^\n]*)/.exec(stdout) ?? [];
    expect(saved).toBe(summed);
    expect(stdout).toMatch(/== report ==\n# [\s\S]*== every night ==\nnightly: 0 2 \* \* \*, next 20/);
    expect(await readFile(there.path('report.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*review-topics/i);
  });

  it('goes with the client, whose retry succeeds once the model answers', async () => {
    refuses = true;
    const client = createClient({ url, apiKey: 'secret-key' });
    const body = await readFile(join(SERVICE, 'reviews.csv'), 'utf8');
    const sent = await client.POST('/v1/uploads', {
      ...{ params: { query: { name: 'reviews.csv' } }, body, bodySerializer: (text: unknown) => String(text) },
      headers: { 'content-type': 'application/octet-stream' },
    });
    const request = {
      csv_uri: sent.data?.uri ?? '',
      target: {
        type: 'inline' as const,
        prompt: 'What is this review about? {review}',
        fields: [{ name: 'topic', type: 'string' as const }],
        model: MODEL,
      },
      output_uri: '-',
    };
    const plan = await client.POST('/v1/estimates', { body: request });
    expect(plan.data).toMatchObject({ problems: [], row_count: 3 });
    const started = await client.POST('/v1/batches', { body: { ...request, options: { max_cost_usd: 1 } } });
    const id = started.data?.batch_id ?? '';
    const path = { params: { path: { id } } };
    const end = async (): Promise<Schemas['Batch'] | undefined> => {
      const { data } = await client.GET('/v1/batches/{id}/events', { ...path, parseAs: 'stream' });
      const events = await Array.fromAsync(readEvents(data as unknown as ReadableStream<Uint8Array>));
      return JSON.parse(events.findLast(({ event }) => event === 'report')?.data ?? 'null');
    };
    expect((await end())?.counts).toMatchObject({ succeeded: 2, failed: 1 });
    const failed = await client.GET('/v1/batches/{id}/rows', { params: { path: { id }, query: { status: 'failed' } } });
    expect(failed.data).toMatchObject({ items: [{ row: 2 }] });
    const stale = await client.POST('/v1/batches/{id}/retry', { ...path, body: { expected_rows: 7, max_cost_usd: 1 } });
    expect(stale).toMatchObject({ response: { status: 409 }, error: { code: 'batch_state_invalid' } });
    refuses = false;
    await client.POST('/v1/batches/{id}/retry', { ...path, body: { expected_rows: 1, max_cost_usd: 1 } });
    expect((await end())?.counts).toMatchObject({ succeeded: 3, failed: 0 });
    const table = await client.GET('/v1/batches/{id}/export', { ...path, parseAs: 'text' });
    expect(table.data).toMatch(/^id,review,topic,[\s\S]*\n3,The handle broke at once\.,echo/);
  });
});
