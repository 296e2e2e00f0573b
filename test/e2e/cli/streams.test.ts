import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../../cli/workspace.ts';

const TABLE = 'name,town\nAnn,Wexcombe\nBob,Ely\n';

let space: Workspace;
beforeAll(async () => {
  space = await createWorkspace();
});
afterAll(() => space.close());

const copies = async () =>
  (await readdir(space.path('data/spool')).catch(() => [])).filter((one) => /^stdin/.test(one));

describe('- for stdin and stdout', () => {
  it('reads the table from stdin and writes nothing but the result table to stdout', async () => {
    const done = await space.run(['run', '-', '-a', 'greeter', '--out', '-'], { input: TABLE });
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout.replaceAll(/SUCCESS,[^,]*,/g, 'SUCCESS,,')).toBe(
      'name,town,greeting,_status,_processing_time,_error\nAnn,Wexcombe,Hello Ann,SUCCESS,,\nBob,Ely,Hello Bob,SUCCESS,,\n',
    );
    expect(done.stderr).toMatch(/Started bat_.*2 succeeded, 0 failed/s);
    const [copy = ''] = await copies();
    expect((await stat(space.path(join('data/spool', copy)))).mode & 0o777).toBe(0o600);
  });

  it('refuses --json beside --out -, before stdin is read', async () => {
    const done = await space.run(['run', '-', '-a', 'greeter', '--out', '-', '--json'], { input: 'other\nx\n' });
    expect(done.code).toBe(2);
    expect(done.stdout).toContain('both write to stdout');
    expect(await copies()).toHaveLength(1);
  });

  it('keeps no copy where nothing is started', async () => {
    const before = await copies();
    const plan = await space.run(['run', '-', '-a', 'greeter', '--dry-run', '--json'], { input: 'name\nCleo\n' });
    expect(JSON.parse(plan.stdout)).toMatchObject({ row_count: 1, problems: [] });
    const analysis = await space.run(['analyze', '-', '--json'], { input: 'name\nDora\nEve\n' });
    expect(JSON.parse(analysis.stdout)).toMatchObject({ row_count: 2 });
    const unfit = await space.run(['run', '-', '-a', 'greeter', '--json'], { input: 'other\nx\n' });
    expect(unfit.code).toBe(2);
    const empty = await space.run(['run', '-', '-a', 'greeter', '--json'], { input: '' });
    expect(JSON.parse(empty.stdout).error).toMatchObject({
      code: 'file_empty',
      message: expect.stringMatching(/^stdin is empty/),
    });
    expect(await copies()).toEqual(before);
  });

  it('starts one batch for the same bytes with the same key', async () => {
    const keyed = ['run', '-', '-a', 'greeter', '--json', '--idempotency-key', 'piped'];
    const first = JSON.parse((await space.run(keyed, { input: TABLE })).stdout);
    const again = JSON.parse((await space.run(keyed, { input: TABLE })).stdout);
    expect(again.batch_id).toBe(first.batch_id);
    expect((await space.run(keyed, { input: 'name\nFay\n' })).stdout).toContain('started with other arguments');
  });

  it('reads the same bytes again when a process died while it loaded them', async () => {
    const env = { ROWMILL_TESTING: 'failpoints', ROWMILL_FAILPOINT: 'loading' };
    const killed = await space.run(['run', '-', '-a', 'greeter', '--name', 'cut'], { input: 'name\nGus\nHal\n', env });
    expect(killed.signal).toBe('SIGKILL');
    const { batches } = JSON.parse((await space.run(['batches', 'list', '--json'])).stdout);
    const id = batches.find((one: { name: string | null }) => one.name === 'cut').batch_id;
    const resumed = await space.run(['batches', 'resume', id, '--json']);
    const report = JSON.parse(resumed.stdout);
    expect(report).toMatchObject({ status: 'completed', counts: { total: 2, succeeded: 2 } });
    expect(await readFile(report.output_uri, 'utf8')).toContain('Gus,Hello Gus,SUCCESS');
    const exported = await space.run(['batches', 'export', id, '--out', '-']);
    expect(exported.stdout).toContain('Hal,Hello Hal,SUCCESS');
  });
});
