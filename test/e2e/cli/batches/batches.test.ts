import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../../../cli/workspace.ts';

let space: Workspace;
let id: string;
beforeAll(async () => {
  space = await createWorkspace({ names: ['Ann', 'bad', '\u001b[31mZoë'] });
  id = JSON.parse((await space.run(['run', 'people.csv', '-a', 'greeter', '--json'])).stdout).batch_id;
});
afterAll(() => space.close());

it('lists and shows batches; showing a batch with failures exits 0', async () => {
  const list = await space.run(['batches', 'list']);
  expect(list.stdout).toContain(id);
  expect(list.stdout).toContain('completed');
  const show = await space.run(['batches', 'show', id, '--json']);
  expect(show.code).toBe(0);
  expect(JSON.parse(show.stdout)).toMatchObject({ batch_id: id, counts: { failed: 1 } });
});

it('pages rows and filters them by status', async () => {
  const first = JSON.parse((await space.run(['batches', 'rows', id, '--limit', '2', '--json'])).stdout);
  expect(first.rows.map((row: { row: number }) => row.row)).toEqual([0, 1]);
  const next = JSON.parse(
    (await space.run(['batches', 'rows', id, '--from', String(first.next_row), '--json'])).stdout,
  );
  expect(next.rows.map((row: { row: number }) => row.row)).toEqual([2]);
  expect(next.next_row).toBeNull();
  const failed = await space.run(['batches', 'rows', id, '--status', 'failed']);
  expect(failed.stderr).toBe('');
  expect(failed.stdout).toMatch(/^\s*1 {2}failed/m);
  expect(failed.stdout).not.toContain('Ann');
  expect((await space.run(['batches', 'rows', id, '--status', 'odd', '--json'])).code).toBe(2);
});

it('shows source columns that were not mapped for rows with an input too', async () => {
  await space.write('notes.csv', 'name,note\nAnn,first\nBob,second,third\n');
  const run = await space.run(['run', 'notes.csv', '-a', 'greeter', '--json']);
  const rows = await space.run(['batches', 'rows', JSON.parse(run.stdout).batch_id]);
  expect(rows.stdout).toMatch(/succeeded +Ann +first/);
  expect(rows.stdout).toMatch(/failed +Bob +second .*Bob,second,third/);
});

it('shows every cell whole when nobody looks', async () => {
  const rows = await space.run(['batches', 'rows', id]);
  expect(rows.stdout).not.toContain('…');
  expect(rows.stdout).toMatch(/ error$/m);
});

it('shows the limits of a batch', async () => {
  const show = await space.run(['batches', 'show', id]);
  expect(show.stdout).toMatch(/^limits +10 rows concurrently, no cap on cost, priority 5 of 10$/m);
});

it('prints a trace with turns, calls and the error, free of control characters', async () => {
  const failed = await space.run(['batches', 'trace', id, '1']);
  expect(failed.code).toBe(0);
  expect(failed.stdout).toContain('attempt 1');
  expect(failed.stdout).toMatch(/turn 0/);
  expect(failed.stdout).toContain('I will not.');
  expect(failed.stdout).toMatch(/error .*\(\w+\)/);
  const evil = await space.run(['batches', 'trace', id, '2']);
  expect(evil.stdout).toContain('→ return_structured_data');
  expect(evil.stdout).toContain('greeting: Hello <1B>[31mZoë');
  expect(evil.stdout).not.toContain('\u001b');
  const json = JSON.parse((await space.run(['batches', 'trace', id, '0', '--json'])).stdout);
  expect(json.attempts[0].entries[0]).toMatchObject({ kind: 'model', turn: 0 });
  expect((await space.run(['batches', 'trace', id, 'x'])).code).toBe(2);
});

it('exports to a file of another format, and to stdout', async () => {
  const written = await space.run(['batches', 'export', id, '--out', 'out.jsonl', '--json']);
  expect(written.code).toBe(0);
  expect(JSON.parse(written.stdout).output_uri).toContain('out.jsonl');
  const lines = (await readFile(space.path('out.jsonl'), 'utf8')).trim().split('\n');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ name: 'Ann', greeting: 'Hello Ann', _status: 'SUCCESS' });
  const csv = await space.run(['batches', 'export', id]);
  expect(csv.stdout.split('\n')[0]).toBe('name,town,greeting,_status,_processing_time,_error');
  expect((await space.run(['batches', 'export', id, '--json'])).code).toBe(2);
});

it('exports with another delimiter and a byte order mark, to stdout and to a file', async () => {
  const style = ['--bom', '--delimiter', ';'];
  const head = '\ufeffname;town;greeting;_status;_processing_time;_error';
  expect((await space.run(['batches', 'export', id, ...style])).stdout.split('\n')[0]).toBe(head);
  expect((await space.run(['batches', 'export', id, ...style, '--out', 'excel.csv'])).code).toBe(0);
  expect((await readFile(space.path('excel.csv'), 'utf8')).split('\n')[0]).toBe(head);
  const refused = await space.run(['batches', 'export', id, '--delimiter', 'ab']);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('must be one character')]);
  const json = await space.run(['batches', 'export', id, ...style, '--out', 'excel.json']);
  expect([json.code, json.stderr]).toEqual([2, expect.stringContaining('no --bom')]);
});

it('exports a workbook that is analyzed and run again as a source, by the name of its sheet', async () => {
  expect((await space.run(['batches', 'export', id, '--out', 'out.xlsx'])).code).toBe(0);
  const analyzed = JSON.parse((await space.run(['analyze', 'out.xlsx#Results', '--json'])).stdout);
  expect(analyzed).toMatchObject({ format: { name: 'xlsx' }, row_count: 3 });
  expect(analyzed.columns.map(({ name }: { name: string }) => name)).toContain('greeting');
  const again = await space.run(['run', 'out.xlsx#Results', '-a', 'greeter', '--out', 'again.xlsx', '--json']);
  expect(JSON.parse(again.stdout)).toMatchObject({ counts: { succeeded: 2, failed: 1 } });
  const twice = JSON.parse((await space.run(['analyze', 'again.xlsx', '--json'])).stdout);
  expect(twice.columns.map(({ name }: { name: string }) => name)).toContain('greeting_result');
  const other = await space.run(['analyze', 'out.xlsx', '--sheet', 'Nothing']);
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('Its sheets: "Results"')]);
  const self = await space.run(['run', 'out.xlsx#Results', '-a', 'greeter', '--out', 'out.xlsx', '--overwrite']);
  expect([self.code, self.stderr]).toEqual([2, expect.stringContaining('is the source')]);
});

it('exports the source columns of failed rows, which run again by --continue once they are corrected', async () => {
  const failed = await space.run(['batches', 'export', id, '--status', 'failed']);
  expect(failed.stdout).toBe('name,town\nbad,Wexcombe\n');
  await space.write('corrected.csv', 'town,name\nWexcombe,Good\nWexcombe,Ann\n');
  const dry = await space.run(['run', 'corrected.csv', '--continue', id, '--dry-run']);
  expect(dry.stdout).toContain(`continues      ${id}: 1 row keeps its answer, 1 row runs`);
  const run = await space.run(['run', 'corrected.csv', '--continue', id, '--json']);
  expect(JSON.parse(run.stdout)).toMatchObject({ continues: { batch_id: id, kept_rows: 1 }, model_calls: 1 });
  const trace = await space.run(['batches', 'trace', JSON.parse(run.stdout).batch_id, '1']);
  expect(trace.stdout).toContain(`kept the answer of row 0 of ${id}`);
  expect((await space.run(['run', 'people.csv', '--key', 'name', '-a', 'greeter'])).stderr).toContain('--continue');
});

it('says that an ended batch has nothing to resume, and exits as it ended', async () => {
  const done = await space.run(['batches', 'resume', id]);
  expect(done.code).toBe(3);
  expect(done.stderr).toContain('nothing is left to resume');
});
