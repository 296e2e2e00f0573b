import { afterAll, expect, it } from 'vitest';
import { createClient, readEvents } from '../../src/client/client.ts';
import { createWorkspace } from '../cli/workspace.ts';
import { echoAnswer } from '../support/echo-agent.ts';
import { startMessagesServer } from '../support/messages-server.ts';

const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends) await end();
});

it('serve that gets SIGTERM sends no further call, tells streams, waits for calls in flight and exits with 0', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const model = await startMessagesServer({
    // The first row runs alone; the calls after it wait.
    respond: async (request, { number }) => {
      if (number > 1) await held;
      return echoAnswer(request);
    },
  });
  const there = await createWorkspace({ names: Array.from({ length: 30 }, (_, row) => `n${row}`) });
  ends.push(there.close, model.close);
  const env = { ANTHROPIC_API_KEY: 'test', ANTHROPIC_BASE_URL: model.url, ROWMILL_API_KEYS: 'secret-key' };
  const serving = there.start(['serve', '--port', '0'], { env });
  await serving.until(/Listening on/);
  const url = /http:\/\/[\d.:]+/.exec(serving.stdout())?.[0] ?? '';
  const client = createClient({ url, apiKey: 'secret-key' });
  const target = { type: 'agent' as const, name: 'keyless' };
  const body = {
    csv_uri: there.path('people.csv'),
    target,
    options: { concurrency: 4, max_cost_usd: 1, mode: 'realtime' },
  };
  const { data } = await client.POST('/v1/batches', { body: body as never });
  const id = data?.batch_id ?? '';
  const stream = await fetch(`${url}/v1/batches/${id}/events`, { headers: { authorization: 'Bearer secret-key' } });
  await expect.poll(() => model.stats.inFlight, { timeout: 20_000 }).toBe(4);

  serving.child.kill('SIGTERM');
  let last = '';
  for await (const { event } of readEvents(stream.body ?? expect.fail('no stream'))) last = event;
  expect(last).toBe('stopping');
  expect(serving.child.exitCode).toBeNull();
  expect(model.stats.requests).toBe(5);
  release();
  expect(await serving.finished).toMatchObject({ code: 0, signal: null });
  expect(model.stats).toMatchObject({ requests: 5, answered: 5 });
  const { stdout } = await there.run(['batches', 'show', id, '--json']);
  expect(JSON.parse(stdout).counts).toMatchObject({ succeeded: 5, running: 0, queued: 25 });
});
