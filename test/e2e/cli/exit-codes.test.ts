import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../../cli/workspace.ts';
import { echoAnswer } from '../../support/echo-agent.ts';
import { type MessagesServer, startMessagesServer } from '../../support/messages-server.ts';

describe('rowmill run, by how the batch ends', () => {
  let space: Workspace;
  let server: MessagesServer;
  beforeAll(async () => {
    space = await createWorkspace({ names: ['Ann', 'bad', 'Zoë', 'Jo'] });
    server = await startMessagesServer({ respond: echoAnswer });
  });
  afterAll(async () => {
    await space.close();
    await server.close();
  });

  it('exits 3 when rows failed, and groups the failures', async () => {
    const done = await space.run(['run', 'people.csv', '-a', 'greeter']);
    expect(done.code).toBe(3);
    expect(done.stdout).toMatch(/4: 3 succeeded, 1 failed/);
    expect(done.stdout).toMatch(/failures\s+1 × \w+, e\.g\. row 1: /);
  });

  it('exits 3 when more failed than is tolerated', async () => {
    const done = await space.run(['run', 'people.csv', '-a', 'greeter', '--tolerate', '10', '--json']);
    expect(done.code).toBe(3);
    expect(JSON.parse(done.stdout)).toMatchObject({ status: 'failed', counts: { failed: 1 } });
  });

  it('shows the answers of a sample that was interrupted when its resume ends', async () => {
    const slow = await createWorkspace({ latencyMs: 400 });
    const going = slow.start(['run', 'people.csv', '-a', 'greeter', '--sample', '2', '-c', '1']);
    await going.until(/Started bat_/);
    going.child.kill('SIGINT');
    const { stderr } = await going.finished;
    const [, id = ''] = /batches resume (bat_\w+)/.exec(stderr) ?? [];
    const resumed = await slow.run(['batches', 'resume', id]);
    expect(resumed.code).toBe(4);
    expect(resumed.stdout).toMatch(/^row +name +(town +)?greeting/m);
    expect(resumed.stdout).toContain('Hello Ann');
    await slow.close();
  });

  it('exits 4 after a sample, and resumes to the end from there', async () => {
    const sample = await space.run(['run', 'people.csv', '-a', 'greeter', '--sample', '1', '--json']);
    expect(sample.code).toBe(4);
    const report = JSON.parse(sample.stdout);
    expect(report).toMatchObject({ status: 'paused', pause_reason: 'sample', counts: { succeeded: 1 } });
    const rest = await space.run(['batches', 'resume', report.batch_id, '--json']);
    expect(rest.code).toBe(3);
    expect(JSON.parse(rest.stdout)).toMatchObject({ status: 'completed', counts: { succeeded: 3, failed: 1 } });
  });

  it('exits 2 before a batch exists when the model’s key is missing, with the fix', async () => {
    const before = JSON.parse((await space.run(['batches', 'list', '--json'])).stdout).batches.length;
    const done = await space.run(['run', 'people.csv', '-a', 'keyless']);
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(/claude-haiku-5-5 can't be called before ANTHROPIC_API_KEY is set/);
    const after = JSON.parse((await space.run(['batches', 'list', '--json'])).stdout).batches.length;
    expect(after).toBe(before);
  });

  it('shows the estimate without a key, and what is missing', async () => {
    const done = await space.run(['run', 'people.csv', '-a', 'keyless', '--dry-run', '--json']);
    expect(done.code).toBe(2);
    expect(JSON.parse(done.stdout)).toMatchObject({
      spending_usd: expect.any(Number),
      problems: [{ code: 'config_invalid', message: expect.stringContaining('ANTHROPIC_API_KEY') }],
    });
  });

  it('exits 4 when the budget is reached, and goes on under a higher one', async () => {
    const done = await space.run(['run', 'people.csv', '-a', 'keyless', '--max-cost', '0.000001', '--json'], {
      env: { ANTHROPIC_API_KEY: 'test', ANTHROPIC_BASE_URL: server.url },
    });
    expect(done.code).toBe(4);
    const paused = JSON.parse(done.stdout);
    expect(paused).toMatchObject({ status: 'paused', pause_reason: 'budget' });
    const resume = ['batches', 'resume', paused.batch_id, '--json'];
    const env = { ANTHROPIC_API_KEY: 'test', ANTHROPIC_BASE_URL: server.url };
    const higher = await space.run([...resume, '--max-cost', '5'], { env });
    expect(higher.code).toBe(0);
    expect(JSON.parse(higher.stdout)).toMatchObject({ status: 'completed', counts: { succeeded: 4 } });
  });

  it('exits 0 over the real SDK and shows what it cost', async () => {
    const done = await space.run(['run', 'people.csv', '-a', 'keyless'], {
      env: { ANTHROPIC_API_KEY: 'test', ANTHROPIC_BASE_URL: server.url },
    });
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/cost\s+\$0\.0\d+/);
  });

  it('exits 5 when another process cancels it, and 2 for cancelling what is completed', async () => {
    const slow = await createWorkspace({ latencyMs: 400, names: Array.from({ length: 40 }, (_, at) => `Ann ${at}`) });
    try {
      const going = slow.start(['run', 'people.csv', '-a', 'greeter', '-c', '1', '--out', 'out.csv']);
      await going.until(/Started bat_/);
      const id = /Started (bat_\w+)/.exec(going.stderr())?.[1] ?? '';
      const cancel = await slow.run(['batches', 'cancel', id, '--json']);
      expect(cancel.code).toBe(0);
      expect(JSON.parse(cancel.stdout).status).toBe('cancelled');
      const done = await going.finished;
      expect(done.code).toBe(5);
      expect(done.stdout).toContain('cancelled');
      const again = await slow.run(['batches', 'cancel', id, '--json']);
      expect(again.code).toBe(0);
      const completed = JSON.parse((await space.run(['run', 'people.csv', '-a', 'greeter', '--json'])).stdout);
      const refused = await space.run(['batches', 'cancel', completed.batch_id, '--json']);
      expect(refused.code).toBe(2);
      expect(JSON.parse(refused.stdout).error.code).toBe('batch_state_invalid');
    } finally {
      await slow.close();
    }
  });

  it('exits 1 for a fault', async () => {
    const done = await space.run(['chat', '--json'], {
      input: 'hello\n',
      env: { ROWMILL_AGENTS: `${space.folder}/no-orchestrator.yaml` },
    });
    // An environment that names a missing file is an argument fault; a key that is missing is a fault of the call.
    expect(done.code).toBe(2);
    await space.write('other.yaml', 'agents: []\n');
    const keyless = await space.run(['chat', '--json'], {
      input: 'hello\n',
      env: { ROWMILL_AGENTS: space.path('other.yaml') },
    });
    expect(keyless.code).toBe(1);
    expect(JSON.parse(keyless.stdout).error.code).toBe('model_key_refused');
    const told = await space.run(['chat'], { input: '/exit\n', env: { ROWMILL_AGENTS: space.path('other.yaml') } });
    expect(told.stderr).toMatch(/^ANTHROPIC_API_KEY is not set: .*orchestrator@\S+.* can't be called\.$/m);
    expect(told.stderr).toMatch(/^What works without it: tables, stored batches/m);
  });
});
