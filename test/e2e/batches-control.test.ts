import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../cli/workspace.ts';

let space: Workspace;
afterEach(() => space.close());

/** So many that no batch ends before the commands have come, however slow the machine is. */
const NAMES = Array.from({ length: 600 }, (_, index) => `name${index}`);
const RUN = ['run', 'people.csv', '-a', 'greeter', '--out', 'out.csv', '--overwrite'];

/** The batch that a running command has started. */
async function batchOf(going: { until(pattern: RegExp): Promise<void>; stderr(): string }): Promise<string> {
  await going.until(/Started bat_\w+/);
  return /bat_\w+/.exec(going.stderr())?.[0] ?? '';
}

interface Report {
  status: string;
  counts: { queued: number; running: number; succeeded: number; failed: number };
  options: { concurrency: number };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 40; looks += 1) if (await holds()) return;
  throw new Error('It did not come to that.');
}

async function json(args: string[]): Promise<Report> {
  const done = await space.run([...args, '--json']);
  if (done.stdout === '') throw new Error(done.stderr);
  return JSON.parse(done.stdout) as Report;
}

describe('from another process on the same data directory', () => {
  it('pauses a running batch; a resume runs the rest', async () => {
    space = await createWorkspace({ names: NAMES, latencyMs: 200 });
    const going = space.start([...RUN, '-c', '2']);
    const id = await batchOf(going);
    const paused = await json(['batches', 'pause', id]);
    const done = await going.finished;
    expect(paused).toMatchObject({ status: 'paused', pause_reason: 'user', counts: { running: 0, failed: 0 } });
    expect(paused.counts.queued).toBeGreaterThan(0);
    expect(done.code).toBe(4);
    const resumed = await json(['batches', 'resume', id, '-c', '200']);
    expect(resumed).toMatchObject({ status: 'completed', counts: { succeeded: 600 } });
  });

  it('cancels one row of a running batch, queues it again, and shows it', async () => {
    space = await createWorkspace({ names: NAMES, latencyMs: 500 });
    const going = space.start([...RUN, '-c', '1']);
    const id = await batchOf(going);
    const becomes = async (status: string) => {
      for (let looks = 0; looks < 20; looks += 1) {
        const { row } = (await json(['batches', 'row', id, '599'])) as unknown as { row: { status: string } };
        if (row.status === status) return row;
      }
      return undefined;
    };
    await until(async () => (await json(['batches', 'show', id])).status === 'running');
    await json(['batches', 'row', id, '599', '--cancel']);
    expect(await becomes('failed')).toMatchObject({ error: { code: 'row_cancelled' }, attempt: 1 });
    await json(['batches', 'row', id, '599', '--requeue']);
    expect(await becomes('queued')).toMatchObject({ error: null, attempt: 2 });
    const both = await space.run(['batches', 'row', id, '599', '--cancel', '--requeue']);
    expect(both.code).toBe(2);
    await json(['batches', 'cancel', id]);
    expect((await going.finished).code).toBe(5);
  });

  it('changes the concurrency of a running batch, and cancels it', async () => {
    space = await createWorkspace({ names: NAMES, latencyMs: 500 });
    const going = space.start([...RUN, '-c', '1']);
    const id = await batchOf(going);
    expect(await json(['batches', 'set', id, '-c', '8', '--priority', '7'])).toMatchObject({
      options: { concurrency: 8, priority: 7, max_cost_usd: null },
    });
    const looked = async (): Promise<number> => (await json(['batches', 'show', id])).counts.running;
    let most = 0;
    for (let looks = 0; looks < 20 && most < 8; looks += 1) most = Math.max(most, await looked());
    // Those at work, and up to half as many claimed ahead.
    expect(most).toBeGreaterThanOrEqual(8);
    expect(most).toBeLessThanOrEqual(12);
    expect(await json(['batches', 'cancel', id])).toMatchObject({ status: 'cancelled', counts: { running: 0 } });
    expect((await going.finished).code).toBe(5);
    const table = await readFile(space.path('out.csv'), 'utf8');
    expect(table.trimEnd().split('\n')).toHaveLength(601);
    expect(table).toContain('NOT_RUN');
    const retried = await json(['batches', 'retry', id, '-c', '300']);
    expect(retried).toMatchObject({ status: 'completed', counts: { succeeded: 600, queued: 0 } });
    expect(await readFile(space.path('out.csv'), 'utf8')).not.toContain('NOT_RUN');
  });
});

describe('rowmill batches retry', () => {
  it('runs failed rows with another model, shows both attempts, and exits as run does', async () => {
    space = await createWorkspace({ names: ['Ann', 'bad', 'Zoë'] });
    const first = JSON.parse((await space.run([...RUN, '--json'])).stdout);
    await space.write(
      'kind.yaml',
      'rules: [{reply: {tool_calls: [{name: return_structured_data, input: {greeting: Hi}}]}}]\n',
    );
    const unknown = await space.run(['batches', 'retry', first.batch_id, '--code', 'refused', '--json']);
    expect(unknown.code).toBe(2);
    expect(JSON.parse(unknown.stdout).error.message).toMatch(/"refused".*can be retried are/);
    const missing = await space.run(['batches', 'retry', first.batch_id, '--model', 'nobody/m', '--json']);
    expect(missing.code).toBe(2);
    const retried = await space.run(['batches', 'retry', first.batch_id, '--model', 'scripted/kind.yaml']);
    expect(retried.code).toBe(0);
    expect(retried.stderr).toContain('1 row to run again');
    const trace = await space.run(['batches', 'trace', first.batch_id, '1']);
    expect(trace.stdout).toMatch(
      /attempt 1 {2}greeter\.script\.yaml {2}failed: .*\nattempt 2 {2}kind\.yaml {2}succeeded/s,
    );
    expect(await readFile(space.path('out.csv'), 'utf8')).toContain('bad,Wexcombe,Hi,SUCCESS');
    expect((await space.run(['batches', 'retry', first.batch_id, '--json'])).code).toBe(2);
  });
});

describe('a start that costs more than the limit, without a terminal', () => {
  const ENV = {
    ANTHROPIC_API_KEY: 'test-key',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
    ROWMILL_CONFIRM_ABOVE_USD: '0.00001',
  };

  it('exits 2 with the fix and starts nothing; a low cap or --yes starts it', async () => {
    space = await createWorkspace();
    const start = ['run', 'people.csv', '-a', 'keyless', '--json'];
    const refused = await space.run(start, { env: ENV });
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout).error).toMatchObject({
      code: 'confirmation_needed',
      message: expect.stringMatching(/may be as much as .*--yes.*--max-cost/),
    });
    expect(JSON.parse((await space.run(['batches', 'list', '--json'])).stdout).batches).toEqual([]);
    // Nothing listens there: what was started pauses before any answer.
    const capped = await space.run([...start, '--max-cost', '0.000005'], { env: ENV });
    expect(capped.code).toBe(4);
    const free = await space.run(['run', 'people.csv', '-a', 'greeter', '--json'], { env: ENV });
    expect(free.code).toBe(0);
  });
});

describe('prices of a file', () => {
  it('are used by an estimate, and faults in the file are told', async () => {
    space = await createWorkspace();
    await space.write('prices.yaml', 'anthropic/claude-haiku-5-5: {input: 1000, output: 1000}\n');
    const plan = async (file: string) =>
      space.run(['run', 'people.csv', '-a', 'keyless', '--dry-run', '--json'], {
        env: { ANTHROPIC_API_KEY: 'k', ROWMILL_PRICES: file },
      });
    expect(JSON.parse((await plan('prices.yaml')).stdout).spending_usd).toBeGreaterThan(0.1);
    await space.write('broken.yaml', 'anthropic/claude-haiku-5-5: {input: 1}\n');
    const broken = await plan('broken.yaml');
    expect(broken.code).toBe(2);
    expect(JSON.parse(broken.stdout).error.message).toMatch(/broken\.yaml:1 .*output/);
  });
});
