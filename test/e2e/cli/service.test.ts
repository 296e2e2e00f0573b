import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import { createWorkspace, type Workspace } from '../../cli/workspace.ts';

let space: Workspace;
let batch = '';
beforeAll(async () => {
  space = await createWorkspace({ names: ['Ann', 'bad', 'Zoë', 'bad', 'Bo'] });
  await space.run(['run', 'people.csv', '-a', 'greeter', '--yes', '--cache', 'batch']);
  batch = (await json('batches', 'show', 'latest')).batch_id;
});
afterAll(() => space.close());

async function json(...args: string[]) {
  const { stdout, stderr } = await space.run([...args, '--json']);
  if (!stdout.startsWith('{')) throw new Error(`${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
}
const refusal = async (...args: string[]) => {
  const { code, stderr } = await space.run(args);
  return { code, said: stderr.replace(/\s+/g, ' ') };
};

describe('rowmill savings and report', () => {
  it('show the calls of the period, and nothing of a period without calls', async () => {
    expect(await json('savings', '--by', 'agent')).toMatchObject({ by: 'agent', items: [{ name: 'greeter' }] });
    expect((await space.run(['savings'])).stdout).toMatch(/greeter +\$0 [\s\S]*Saved \$0\./);
    const before = ['--from', '2020-01-01', '--to', '2020-02-01'];
    expect((await space.run(['savings', ...before])).stdout).toBe('No calls in this period.\n');
    expect(await json('report', ...before)).toMatchObject({ totals: { calls: 0 } });
  });

  it('write the report in the format of the file name, and replace no file', async () => {
    expect((await space.run(['report'])).stdout).toMatch(/^# [\s\S]*greeter/);
    expect(await json('report', '--out', 'r.html')).toEqual({ path: space.path('r.html'), format: 'html' });
    expect(await readFile(space.path('r.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*greeter/i);
    expect((await refusal('report', '--out', 'r.html')).said).toContain('output_exists');
    expect((await refusal('report', '--from', 'yesterday')).code).toBe(2);
  });
});

describe('rowmill alerts', () => {
  it('lists an alert with its message, acknowledges and resolves it', async () => {
    expect((await space.run(['alerts'])).stdout).toContain('Nothing is wrong.');
    const path = join(space.path('data'), 'rowmill.db');
    const store = await openSqliteStore({ path, now: Date.now, log: createSilentLog() });
    const about = { id: 'alr_1', rule: 'queue-age', subject: 'greeter', raisedAt: Date.now() };
    const figures = { value: 72, limit: 26, batchId: null };
    await store.raiseAlert({ ...about, ...figures, message: 'Jobs of greeter wait for 3 days.' }, []);
    await store.close();
    const { stdout, stderr } = await space.run(['alerts']);
    expect(stdout).toMatch(/alr_1 {2}queue-age {2}\w+ {2}since [\s\S]*Jobs of greeter wait for 3 days\./);
    expect(stderr).toContain('1 alert.');
    expect(await json('alerts', 'ack', 'alr_1')).toMatchObject({ alert_id: 'alr_1', state: 'acknowledged' });
    expect(await json('alerts', 'resolve', 'alr_1')).toMatchObject({ state: 'resolved', value: 72, unit: 'hours' });
    expect((await space.run(['alerts'])).stdout).toContain('Nothing is wrong.');
    expect((await refusal('alerts', 'ack', 'alr_2')).said).toContain('There is no alert "alr_2"');
  });
});

describe('rowmill schedules set', () => {
  it('changes when, what and for how much, and keeps the rest', async () => {
    await json('schedules', 'add', 'jobs', '--cron', '0 3 * * *', '--agent', 'greeter', '--max-cost', '2');
    const set = async (...args: string[]) => (await json('schedules', 'set', 'jobs', ...args)).schedule;
    expect(await set('--cron', '30 4 * * *', '--time-zone', 'Europe/Berlin')).toMatchObject({
      ...{ cron: '30 4 * * *', time_zone: 'Europe/Berlin', max_cost_usd: 2, action: { agent: 'greeter' } },
    });
    expect(await set('--accept', '1', '--max-cost', 'none', '--time-zone', 'none')).toMatchObject({
      ...{ cron: '30 4 * * *', time_zone: null, max_cost_usd: null, accepted_usd: 1 },
    });
    expect(await set('--mode', 'realtime')).toMatchObject({ action: { agent: 'greeter', mode: 'realtime' } });
    expect((await refusal('schedules', 'set', 'jobs', '--accept', 'none')).said).toContain('--max-cost is missing');
    expect((await refusal('schedules', 'set', 'jobs', '--cron', '0 25 * * *')).said).toContain('hour: 25');
    expect((await refusal('schedules', 'set', 'jobs')).said).toContain('Nothing is changed');
    expect((await refusal('schedules', 'set', 'jobs', '--request', 'none.json')).said).toContain('file_not_found');
  });
});

describe('rowmill batches list', () => {
  it('selects by status, agent and text, in either order', async () => {
    const listed = async (...args: string[]) =>
      (await json('batches', 'list', ...args)).batches.map(({ batch_id: id }: { batch_id: string }) => id);
    const second = (await json('batches', 'create', '-a', 'greeter', '--columns', 'name')).batch_id;
    expect(await listed()).toEqual([second, batch]);
    expect(await listed('--oldest-first')).toEqual([batch, second]);
    expect(await listed('--oldest-first', '--before', batch)).toEqual([second]);
    expect(await listed('--status', 'completed,paused')).toEqual([batch]);
    expect(await listed('--text', 'PEOPLE.csv')).toEqual([batch]);
    expect(await listed('--agent', 'greeter', '--status', 'collecting')).toEqual([second]);
    expect((await space.run(['batches', 'list', '--agent', 'none'])).stdout).toContain('There are no such batches.');
    expect((await refusal('batches', 'list', '--status', 'done')).said).toContain('one of collecting');
    await json('batches', 'cancel', second);
    await json('batches', 'delete', second, '--yes');
  });
});

describe('rowmill batches show --stats', () => {
  it('writes what a batch has done, also after its end', async () => {
    expect((await json('batches', 'show', batch, '--stats', space.path('stats.json'))).batch_id).toBe(batch);
    const figures = JSON.parse(await readFile(space.path('stats.json'), 'utf8'));
    expect(figures).toMatchObject({ batch_id: batch, rows: { succeeded: 3, failed: 2 } });
  });
});

describe('rowmill batches retry --dry-run', () => {
  it('says how many rows it is and what they may cost, and starts nothing', async () => {
    const planned = await json('batches', 'retry', batch, '--rows', '1', '--dry-run');
    expect(planned).toMatchObject({ batch_id: batch, rows: 1, estimate: { cost_usd: expect.anything() } });
    expect(await json('batches', 'show', batch)).toMatchObject({ status: 'completed', counts: { failed: 2 } });
  });
});

describe('rowmill batches rows', () => {
  const numbers = async (...args: string[]) =>
    (await json('batches', 'rows', batch, ...args)).rows.map(({ row }: { row: number }) => row);

  it('selects by status, code and text, and sorts', async () => {
    expect(await numbers('--status', 'failed')).toEqual([1, 3]);
    const [{ error }] = (await json('batches', 'rows', batch, '--status', 'failed')).rows;
    expect(await json('batches', 'rows', batch, '--code', error.code, '--limit', '1')).toMatchObject({
      ...{ rows: [{ row: 1 }], selected: 2, next_place: 1 },
    });
    expect(await numbers('--code', error.code, '--place', '1')).toEqual([3]);
    expect(await numbers('--sort', '-row', '--limit', '2')).toEqual([4, 3]);
    expect(await numbers('--text', 'hello z')).toEqual([2]);
    expect(await json('batches', 'rows', batch, '--text', 'bad', '--limit', '1')).toMatchObject({ next_row: 2 });
    expect(await numbers('--text', 'bad', '--from', '2')).toEqual([3]);
  });

  it('refuses a start that the list does not have', async () => {
    const rows = ['batches', 'rows', batch];
    expect((await refusal(...rows, '--text', 'a', '--sort', 'time')).said).toContain('leave out --sort and --place');
    expect((await refusal(...rows, '--code', 'x', '--from', '2')).said).toContain('Start the list with --place');
  });
});

describe('rowmill batches export', () => {
  const exported = async (...args: string[]) => (await space.run(['batches', 'export', batch, ...args])).stdout;

  it('writes chosen rows and columns, with columns about each row', async () => {
    expect(await exported('--rows', 'failed', '--columns', 'name,_status')).toBe(
      'name,_status\nbad,FAILED\nbad,FAILED\n',
    );
    const line = `Bo,4,${batch}/4/1`;
    expect(await exported('--columns', 'name', '--metadata', '_row,_trace_id')).toContain(line);
    expect(await json('batches', 'export', batch, '--columns', 'name', '--out', 'n.jsonl')).toMatchObject({
      bytes: 75,
    });
    expect(await readFile(space.path('n.jsonl'), 'utf8')).toContain('{"name":"Zoë"}\n');
  });

  it('lists the columns that it can choose', async () => {
    const { stdout } = await space.run(['batches', 'export', batch, '--list-columns']);
    expect(stdout).toMatch(/^name\ntown\ngreeting\n/);
    const listed = await json('batches', 'export', batch, '--list-columns');
    expect(listed.metadata).toContain('_trace_id');
    expect((await exported('--columns', listed.columns.join(','))).split('\n')[0]).toBe(listed.columns.join(','));
  });

  it('names what it can not do, and writes nothing', async () => {
    expect((await refusal('batches', 'export', batch, '--columns', 'nam')).said).toContain('column_unknown');
    expect((await refusal('batches', 'export', batch, '--metadata', '_rows')).code).toBe(2);
    const taken = ['batches', 'export', batch, '--rows', 'failed', '--out', 'people.csv'];
    expect((await refusal(...taken)).said).toContain('output_exists');
    expect(await readFile(space.path('people.csv'), 'utf8')).toContain('Zoë');
    expect((await refusal(...taken.slice(0, -1), 's3://bucket/a.csv')).said).toContain('not a file of this machine');
  });
});

describe('rowmill preview and tokens', () => {
  it('shows rows at a place', async () => {
    expect(await json('preview', 'people.csv', '--row', '1', '--rows', '2')).toMatchObject({
      rows: [
        { row: 1, cells: ['bad', 'Wexcombe'] },
        { row: 2, cells: ['Zoë', 'Wexcombe'] },
      ],
      next: 3,
    });
    const { stdout, stderr } = await space.run(['preview', 'people.csv', '--row', '4']);
    expect(stdout).toMatch(/row +name +town\n.*\n? *4 +Bo +Wexcombe/);
    expect(stderr).toContain('The table has 5 rows.');
  });

  it('shows what a row sends to the model, with its tokens', async () => {
    const { stdout } = await space.run([
      'preview',
      'people.csv',
      '--row',
      '2',
      '-a',
      'greeter',
      '-m',
      'name=name',
      '-m',
      'town=value:"Ayr"',
    ]);
    expect(stdout).toMatch(/^row 2 \(line 4\): greeter@v1, .*\nabout \d+ tokens in the first call\n/);
    expect(stdout).toContain('"town": "Ayr"');
    expect(stdout).toMatch(/Instructions\n {2}Greet\.\n[\s\S]*Message of the user\n.*Zoë/);
    expect((await refusal('preview', 'people.csv', '-m', 'town=name')).said).toContain('add --agent');
  });

  it('counts the tokens of an argument and of stdin', async () => {
    const { tokens } = await json('tokens', 'Where is my parcel?');
    expect(tokens).toBe(5);
    expect((await space.run(['tokens', '-'], { input: 'Where is my parcel?' })).stdout).toBe('5\n');
  });
});

describe('rowmill agents delete', () => {
  it('deletes one version, then all, and none of a file', async () => {
    const question = ['--prompt', 'What is {name}?', '--output', 'kind', '--model', 'greeter.script.yaml'];
    await json('agents', 'new', 'kinds', '--save', ...question);
    await json('agents', 'new', 'kinds', '--save', ...question, '--output', 'size');
    expect((await space.run(['agents', 'show', 'kinds'])).stdout).toContain('Versions  v2, v1');
    expect((await refusal('agents', 'delete', 'kinds@v2')).said).toContain('add --yes');
    expect(await json('agents', 'delete', 'kinds@v2', '--yes')).toEqual({
      name: 'kinds',
      version: 'v2',
      deleted: true,
    });
    expect(await json('agents', 'show', 'kinds')).toMatchObject({ version: 'v1' });
    await json('agents', 'delete', 'kinds', '--yes');
    expect((await refusal('agents', 'delete', 'kinds', '--yes')).said).toContain('agent_not_found');
    expect((await refusal('agents', 'delete', 'greeter', '--yes')).said).toContain('Remove it there');
  });
});
