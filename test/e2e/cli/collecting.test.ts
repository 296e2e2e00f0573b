import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../../cli/workspace.ts';

/** Each command is a process, which may take seconds to start. */
const PATIENT = { timeout: 300_000 };

let space: Workspace;
beforeAll(async () => {
  space = await createWorkspace({ names: ['Ann', 'bad', 'Zoë'] });
});
afterAll(() => space.close());

async function json(...args: string[]) {
  const { code, stdout, stderr } = await space.run([...args, '--json']);
  if (!stdout.startsWith('{')) throw new Error(`${args.join(' ')}: ${stderr}`);
  return { code, document: JSON.parse(stdout) };
}
const said = async (...args: string[]) => (await space.run(args)).stderr.replace(/\s+/g, ' ');
const create = (...args: string[]) => json('batches', 'create', '-a', 'greeter', ...args);

describe('rowmill batches create, append and run', PATIENT, () => {
  it('collects the rows of several tables, runs them and shows the flow', async () => {
    const { batch_id: id } = (await create('--columns', 'name,town', '--fields', 'greeting')).document;
    await space.write('more.tsv', 'town\tname\nAyr\tBo\n');
    expect((await json('batches', 'append', id, 'people.csv')).document).toMatchObject({ first_row: 0, rows: 3 });
    expect((await json('batches', 'append', 'latest', 'more.tsv')).document).toMatchObject({ first_row: 3, total: 4 });
    const dry = (await json('batches', 'run', id, '--dry-run')).document;
    expect(dry).toMatchObject({ dry_run: true, row_count: 4, problems: [] });
    expect((await json('batches', 'show', id)).document.status).toBe('collecting');
    const { code, document } = await json('batches', 'run', id, '--concurrency', '2');
    expect({ code, document }).toMatchObject({
      ...{ code: 3, document: { status: 'completed', counts: { succeeded: 3, failed: 1 } } },
    });
    const { stdout } = await space.run(['batches', 'export', id, '--columns', 'name,town,greeting']);
    expect(stdout).toBe(
      'name,town,greeting\nAnn,Wexcombe,Hello Ann\nbad,Wexcombe,\nZoë,Wexcombe,Hello Zoë\nBo,Ayr,Hello Bo\n',
    );
    const flow = (await space.run(['batches', 'flow', id])).stdout;
    expect(flow).toMatch(/collecting → .*completed\n/);
    expect(flow).toMatch(/UTC\) +state +lasted +queued[\s\S]* completed +now +0 +0 +3 +1\n/);
    expect(await said('batches', 'append', id, 'people.csv')).toContain('batch_state_invalid');
  });

  it('appends nothing of a table that does not fit, and says why', async () => {
    const { batch_id: id } = (await create('--columns', '["name", "a, b"]')).document;
    await space.write('ragged.csv', 'name,"a, b"\nAnn,1\nBo,1,2\n');
    expect(await said('batches', 'append', id, 'ragged.csv')).toMatch(/line 3: .*Nothing is appended/);
    expect(await said('batches', 'append', id, 'people.csv')).toContain('column_unknown');
    expect((await json('batches', 'show', id)).document.counts.total).toBe(0);
    await space.write('empty.csv', 'name\n');
    expect(await said('batches', 'append', id, 'empty.csv')).toContain('has no rows');
    expect(await said('batches', 'create', '-a', 'greeter')).toContain('--columns a,b');
    expect(await said('batches', 'create', '--columns', 'name')).toContain('It is not said what to run');
    expect(await said('batches', 'create', '-a', 'greeter', '--columns', 'name,name')).toContain(
      'names a column twice',
    );
  });
});

describe('rowmill jobs add --now', PATIENT, () => {
  it('runs one input in the foreground and shows its result', async () => {
    const done = await json('jobs', 'add', 'greeter', '--input', '{"name": "Ann"}', '--now');
    expect(done).toMatchObject({ code: 0, document: { state: 'succeeded', result: { greeting: 'Hello Ann' } } });
    expect(await said('jobs', 'add', 'keyless', '--input', '{"name": "A"}', '--now')).toContain('ANTHROPIC_API_KEY');
  });
});

describe('rowmill monitor, audit and drafts', PATIENT, () => {
  it('show what was run, and who did it', async () => {
    expect((await space.run(['monitor'])).stdout).toMatch(/^last 24 hours +\d+ calls, \$0, saved \$0\n/);
    expect((await space.run(['monitor', 'metrics', '--by', 'agent'])).stdout).toMatch(
      /greeter[\s\S]*Together \d+ calls/,
    );
    expect((await space.run(['monitor', 'load'])).stdout).toContain('95 % within');
    const first = (await json('monitor', 'ledger', 'latest', '--limit', '1')).document;
    expect(first).toMatchObject({ calls: [{ turn: 0, way: 'realtime', cost_usd: 0 }], next: null });
    expect(await said('monitor', 'ledger', 'latest', '--after', 'x')).toContain('give the next of a page');
    expect((await space.run(['audit'])).stdout).toMatch(/local +batch-start +bat_\w+ +done +cli/);
    expect((await space.run(['drafts'])).stdout).toContain('There are no drafts.');
    expect((await space.run(['alerts', 'rules'])).stdout).toMatch(/success-share +below 90 percent/);
  });

  it('pages through the calls of a batch', async () => {
    const run = (await json('run', 'people.csv', '-a', 'greeter', '--yes', '--overwrite')).document;
    const page = (...more: string[]) => json('monitor', 'ledger', run.batch_id, '--limit', '2', ...more);
    const one = (await page()).document;
    const two = (await page('--after', one.next)).document;
    expect([...one.calls, ...two.calls].map(({ run: attempt }) => attempt.slice(run.batch_id.length))).toEqual([
      ...['/0/1', '/1/1', '/2/1'],
    ]);
    expect(two.next).toBeNull();
  });
});

describe('rowmill conversations and uploads add', PATIENT, () => {
  it('list and show what was said', async () => {
    const talk = await space.run(['chat', '--json'], { input: 'hello\n' });
    const { conversation_id: id } = JSON.parse(talk.stdout);
    expect((await space.run(['conversations'])).stdout).toMatch(new RegExp(`${id} .* 2 +hello\n`));
    expect((await space.run(['conversations', 'show', id])).stdout).toBe(
      '› hello\nYou said hello; that was message 1.\n',
    );
    expect((await json('conversations', 'list', '--before', id)).document).toEqual({ conversations: [] });
  });

  it('make a file a table by its address', async () => {
    const { uri } = (await json('uploads', 'add', 'people.csv')).document;
    expect((await json('analyze', uri)).document.row_count).toBe(3);
    expect((await json('analyze', `${uri},${uri}`)).document.row_count).toBe(6);
    expect(await said('uploads', 'add', 'none.csv')).toContain('file_not_found');
  });
});
