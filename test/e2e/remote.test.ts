import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../cli/workspace.ts';

let here: Workspace;
/** The machine of the server: another folder, another data directory. */
let there: Workspace;
let url = '';
const KEY = { ROWMILL_API_KEY: 'secret-key' };

beforeAll(async () => {
  [here, there] = await Promise.all([createWorkspace({ names: ['Ann', 'bad', 'Zoë'] }), createWorkspace()]);
  const serving = there.start(['serve', '--port', '0'], { env: { ROWMILL_API_KEYS: 'secret-key' } });
  await serving.until(/Listening on/);
  url = /http:\/\/[\d.:]+/.exec(serving.stdout())?.[0] ?? '';
});

afterAll(() => Promise.all([here.close(), there.close()]));

const remote = (args: string[], given: { input?: string } = {}) =>
  here.run(['--server', url, ...args], { env: KEY, ...given });
async function json(args: string[]) {
  const { stdout, stderr, code } = await remote([...args, '--json']);
  if (!stdout.startsWith('{')) throw new Error(`${args.join(' ')}: ${code} ${stderr}`);
  return { code, document: JSON.parse(stdout) };
}

describe('rowmill --server', () => {
  it('runs a local table and downloads the result, with the table and the exit status of a local run', async () => {
    const local = await here.run(['run', 'people.csv', '-a', 'greeter', '--yes', '--out', 'local.csv']);
    const { code, document } = await json(['run', 'people.csv', '-a', 'greeter', '--yes', '--out', 'remote.csv']);
    expect({ local: local.code, remote: code }).toEqual({ local: 3, remote: 3 });
    expect(document.counts).toMatchObject({ total: 3, succeeded: 2, failed: 1 });
    expect(document.output_uri).toBe(join(here.folder, 'remote.csv'));
    const [a, b] = await Promise.all(['local.csv', 'remote.csv'].map((name) => readFile(here.path(name), 'utf8')));
    // The column of processing times differs.
    const timeless = (text?: string) => text?.replaceAll(/,\d+\.\d+,/g, ',_,');
    expect(timeless(b)).toBe(timeless(a));
    const { document: uploads } = await json(['uploads', 'list']);
    expect(uploads.uploads).toMatchObject([{ name: 'people.csv', status: 'complete' }]);
  });

  it('drills into a failed row, retries it and exports the rest', async () => {
    const { document: shown } = await json(['batches', 'show', 'latest']);
    const id = shown.batch_id;
    const { document: rows } = await json(['batches', 'rows', id.slice(0, 12), '--status', 'failed']);
    expect(rows).toMatchObject({ rows: [{ row: 1, status: 'failed', source: { name: 'bad' } }], next_row: null });
    const { document: trace } = await json(['batches', 'trace', id, '1']);
    expect(trace).toMatchObject({ row: { row: 1, status: 'failed' } });
    const retried = await json(['batches', 'retry', id, '--yes']);
    expect({ code: retried.code, status: retried.document.status }).toEqual({ code: 3, status: 'completed' });
    const failed = await remote(['batches', 'export', id, '--status', 'failed']);
    expect(failed.stdout).toBe('name,town\nbad,Wexcombe\n');
    const written = await json(['batches', 'export', id, '--out', 'all.jsonl.gz']);
    expect(written.document).toMatchObject({ batch_id: id, output_uri: join(here.folder, 'all.jsonl.gz') });
    const again = await remote(['batches', 'export', id, '--out', 'all.jsonl.gz']);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('output_exists') });
    const { document: listed } = await json(['batches']);
    expect(listed).toMatchObject({ batches: [{ batch_id: id }], savings: { cache_usd: 0 } });
  });

  it('samples, changes, resumes, cancels and deletes', async () => {
    const sample = await json(['run', 'people.csv', '-a', 'greeter', '--yes', '--sample', '1']);
    expect({ code: sample.code, reason: sample.document.pause_reason }).toEqual({ code: 4, reason: 'sample' });
    const id = sample.document.batch_id;
    expect((await json(['batches', 'set', id, '--concurrency', '3'])).document.options.concurrency).toBe(3);
    const resumed = await json(['batches', 'resume', id, '--yes']);
    expect({ code: resumed.code, status: resumed.document.status }).toEqual({ code: 3, status: 'completed' });
    expect((await json(['batches', 'delete', id, '--yes'])).document).toMatchObject({ batch_id: id, deleted: true });
    expect(await remote(['batches', 'show', id])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('batch_not_found'),
    });
  });

  it('writes a table from stdin to stdout', async () => {
    const { stdout, code } = await remote(['run', '-', '-a', 'greeter', '--yes', '--out', '-'], {
      input: 'name\nJo\n',
    });
    expect({ stdout, code }).toMatchObject({ stdout: expect.stringContaining('Jo,'), code: 0 });
  });

  it('analyses a local table and leaves nothing on the server', async () => {
    const before = (await json(['uploads', 'list'])).document.uploads.length;
    const { document } = await json(['analyze', 'people.csv']);
    expect(document).toMatchObject({ row_count: 3, column_count: 2 });
    expect((await json(['uploads', 'list'])).document.uploads).toHaveLength(before);
  });

  it('shows agents and checks one', async () => {
    const { document } = await json(['agents', 'list']);
    expect(document.agents.map(({ name }: { name: string }) => name)).toContain('greeter');
    expect((await json(['agents', 'show', 'greeter'])).document).toMatchObject({ name: 'greeter', version: 'v1' });
    const checked = await json(['agents', 'check', 'greeter', '--table', 'people.csv']);
    expect(checked).toMatchObject({ code: 0, document: { compatible: true } });
  });

  it('enqueues, shows and processes jobs', async () => {
    const added = await json(['jobs', 'add', 'greeter', '--input', '{"name": "Ann"}', '--priority', '8']);
    const [{ job_id: id }] = added.document.jobs;
    expect((await json(['jobs', 'show', id])).document).toMatchObject({ job_id: id, priority: 8 });
    expect((await json(['jobs', 'priority', id, '9'])).document.priority).toBe(9);
    expect((await json(['queues', 'list'])).document.queues).toMatchObject([{ agent: 'greeter', waiting: 1 }]);
    const done = await json(['queues', 'process', '--max-cost', '1', '--mode', 'realtime']);
    expect(done.document.queues).toMatchObject([{ agent: 'greeter@v1', jobs: 1, error: null }]);
  });

  it('makes and revokes keys', async () => {
    const made = await json(['keys', 'create', 'reader', '--scope', 'read']);
    expect(made.document).toMatchObject({ name: 'reader', secret: expect.any(String) });
    const key = { env: { ROWMILL_API_KEY: made.document.secret } };
    const denied = await here.run(['--server', url, 'keys', 'list'], key);
    expect(denied.stderr).toContain('scope_missing');
    expect((await json(['keys', 'revoke', 'reader'])).document.revoked_at).not.toBeNull();
    const gone = await here.run(['--server', url, 'batches'], key);
    expect(gone.stderr).toContain('unauthorized');
  });

  it('says what does not work with a server, and where the fault is', async () => {
    const said = async (args: string[]) => (await here.run(args)).stderr.replace(/\s+/g, ' ');
    expect(await said(['--server', 'http://rowmill.example.com', 'batches'])).toContain('is not encrypted');
    expect(await said(['--server', url, 'serve'])).toContain('leave out --server');
    expect(await said(['--server', 'http://127.0.0.1:9', 'batches'])).toContain('can not be reached');
    expect(await said(['batches', `--server=${url}`])).toContain('unauthorized');
    const absent = await remote(['run', 'absent.csv', '-a', 'greeter', '--yes']);
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('file_not_found') });
  });
});
