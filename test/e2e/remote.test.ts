import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConfirmations } from '../../src/app/confirmations.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { createRemoteJobs } from '../../src/cli/remote/remote-parts.ts';
import { createRemoteConfirmations } from '../../src/cli/remote/remote-talk.ts';
import { createClient } from '../../src/client/client.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';
import { createWorkspace, type Workspace } from '../cli/workspace.ts';
import { echoAnswer } from '../support/echo-agent.ts';
import { type MessagesServer, startMessagesServer } from '../support/messages-server.ts';

let here: Workspace;
/** The machine of the server: another folder, another data directory. */
let there: Workspace;
let url = '';
/** The provider of questions. */
let model: MessagesServer;
const KEY = { ROWMILL_API_KEY: 'secret-key' };

beforeAll(async () => {
  [here, there] = await Promise.all([createWorkspace({ names: ['Ann', 'bad', 'Zoë'] }), createWorkspace()]);
  model = await startMessagesServer({ respond: echoAnswer });
  const serving = there.start(['serve', '--port', '0'], {
    env: { ROWMILL_API_KEYS: 'secret-key', ANTHROPIC_API_KEY: 'of nobody', ANTHROPIC_BASE_URL: model.url },
  });
  await serving.until(/Listening on/);
  url = /http:\/\/[\d.:]+/.exec(serving.stdout())?.[0] ?? '';
});

afterAll(() => Promise.all([here.close(), there.close(), model.close()]));

const remote = (args: string[], given: { input?: string } = {}) =>
  here.run(['--server', url, ...args], { env: KEY, ...given });
async function json(args: string[]) {
  const { stdout, stderr, code } = await remote([...args, '--json']);
  if (!stdout.startsWith('{')) throw new Error(`${args.join(' ')}: ${code} ${stderr}`);
  return { code, document: JSON.parse(stdout) };
}

// Each command is a process, which may take seconds to start.
describe('rowmill --server', { timeout: 300_000 }, () => {
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
    const jobs = createRemoteJobs(createClient({ url, apiKey: 'secret-key' }));
    expect(await jobs.estimate()).toEqual({ expected_usd: 0 });
    await json(['jobs', 'add', 'keyless', '--input', '{"name": "Ann"}']);
    const { expected_usd: usd } = await jobs.estimate('keyless');
    expect(usd).toBeGreaterThan(0);
    expect(await jobs.estimate()).toEqual({ expected_usd: usd });
    expect(await jobs.estimate('greeter')).toEqual({ expected_usd: 0 });
    await json(['jobs', 'cancel', (await jobs.list({ agent: 'keyless', limit: 1 }))[0]?.job_id ?? '']);
    const done = await json(['queues', 'process', '--max-cost', '1', '--mode', 'realtime']);
    expect(done.document.queues).toMatchObject([{ agent: 'greeter@v1', jobs: 1, error: null }]);
  });

  it('adds, changes, triggers and deletes a schedule', async () => {
    await json(['schedules', 'add', 'jobs', '--cron', '0 3 * * *', '--max-cost', '2']);
    const { document: changed } = await json(['schedules', 'set', 'jobs', '--cron', '5 3 * * *']);
    expect(changed.schedule).toMatchObject({ cron: '5 3 * * *', max_cost_usd: 2 });
    expect((await json(['schedules', 'stop', 'jobs'])).document.schedule.enabled).toBe(false);
    expect((await json(['schedules', 'start', 'jobs'])).document.schedule.next).toHaveLength(5);
    await json(['jobs', 'add', 'greeter', '--input', '{"name": "Bo"}']);
    const { document: triggered } = await json(['schedules', 'trigger', 'jobs']);
    expect(triggered.run).toMatchObject({ state: 'succeeded', batches: [{ agent: 'greeter@v1', rows: 1 }] });
    const { document: shown } = await json(['schedules', 'show', 'jobs']);
    expect(shown.runs).toMatchObject([{ cause: 'trigger', state: 'succeeded' }]);
    const { document: times } = await json(['schedules', 'times', '30 2 * * *', '--time-zone', 'Europe/Berlin']);
    expect(times).toMatchObject({ in_words: expect.stringContaining('02:30'), zone: 'Europe/Berlin' });
    await json(['schedules', 'delete', 'jobs']);
    const { document: listed } = await json(['schedules']);
    expect(listed.schedules.map(({ name }: { name: string }) => name)).toEqual(['nightly']);
  });

  it('shows savings, the report, alerts and deliveries', async () => {
    expect((await json(['savings', '--by', 'agent'])).document.items).toMatchObject([{ name: 'greeter' }]);
    expect((await remote(['report'])).stdout).toContain('greeter');
    expect((await json(['alerts', 'list', '--all'])).document).toEqual({ alerts: [] });
    expect(await remote(['alerts', 'ack', 'alr_0'])).toMatchObject({ stderr: expect.stringContaining('not_found') });
    expect((await json(['jobs', 'deliveries', '--state', 'dead'])).document).toEqual({ deliveries: [] });
    expect(await remote(['jobs', 'resend', 'e'])).toMatchObject({ stderr: expect.stringContaining('not_found') });
  });

  it('finds and sorts rows, and exports chosen ones', async () => {
    await json(['run', 'people.csv', '-a', 'greeter', '--yes', '--out', 'chosen.csv']);
    const rows = async (args: string[]) => (await json(['batches', 'rows', 'latest', ...args])).document;
    expect(await rows(['--text', 'hello z'])).toMatchObject({ rows: [{ row: 2 }], next_row: null });
    expect(await rows(['--sort', '-row', '--limit', '1'])).toMatchObject({ rows: [{ row: 2 }], next_place: 1 });
    const [{ error }] = (await rows(['--status', 'failed'])).rows;
    expect(await rows(['--code', error.code])).toMatchObject({ rows: [{ row: 1 }], selected: 1, next_place: null });
    const chosen = [
      'batches',
      'export',
      'latest',
      '--rows',
      'failed',
      '--columns',
      'name,_status',
      '--metadata',
      '_row',
    ];
    expect((await remote(chosen)).stdout).toBe('name,_status,_row\nbad,FAILED,1\n');
    await json([...chosen, '--out', 'failed.tsv']);
    expect(await readFile(here.path('failed.tsv'), 'utf8')).toBe('name\t_status\t_row\nbad\tFAILED\t1\n');
  });

  it('previews a local table, tries an agent on it, and saves and deletes an agent', async () => {
    const before = (await json(['uploads', 'list'])).document.uploads.length;
    expect((await json(['preview', 'people.csv', '--row', '2'])).document).toMatchObject({
      rows: [{ row: 2, cells: ['Zoë', 'Wexcombe'] }],
    });
    const { document: rendered } = await json(['preview', 'people.csv', '-r', '2', '-a', 'greeter']);
    expect(rendered).toMatchObject({ agent: 'greeter@v1', input: { name: 'Zoë' } });
    const { document: tried } = await json(['try', 'greeter', '--table', 'people.csv', '--row', '2']);
    expect(tried).toMatchObject({ status: 'succeeded', output: { greeting: 'Hello Zoë' } });
    expect((await json(['uploads', 'list'])).document.uploads).toHaveLength(before);
    const question = ['--prompt', 'What is {name}?', '--output', 'kind', '--model', 'anthropic/claude-haiku-5-5'];
    const { document: saved } = await json(['agents', 'new', 'kinds', '--save', ...question]);
    expect(saved.agent).toMatchObject({ name: 'kinds', version: 'v1', model: { model: 'claude-haiku-5-5' } });
    expect((await json(['agents', 'delete', 'kinds', '--yes'])).document.deleted).toBe(true);
  });

  it('asks questions without an agent, and saves one', async () => {
    const question = ['--prompt', 'What is {name}?', '--output', 'greeting', '--model', 'anthropic/claude-haiku-5-5'];
    const { document: defined } = await json(['agents', 'new', 'kinds', ...question]);
    expect(defined.yaml).toContain('name: kinds');
    const asked = await json(['try', ...question, '--input', 'name=Ann']);
    expect(asked).toMatchObject({ code: 0, document: { output: { greeting: expect.stringContaining('echo:') } } });
    const ran = await json(['run', 'people.csv', ...question, '--save-agent', 'saved-kinds', '--yes']);
    expect(ran).toMatchObject({ code: 0, document: { agent: 'saved-kinds@v1', counts: { succeeded: 3 } } });
    expect((await json(['agents', 'show', 'saved-kinds'])).document).toMatchObject({ version: 'v1' });
    await json(['agents', 'delete', 'saved-kinds', '--yes']);
  });

  it('suggests fields, and shows the settings and prices of the server', async () => {
    const suggested = await json(['agents', 'suggest', 'Kind of {name}?', '--table', 'people.csv']);
    expect(suggested).toMatchObject({ code: 0, document: { fields: [{ name: 'kind', values: ['a', 'b'] }] } });
    const { document: settings } = await json(['settings']);
    expect(settings.providers).toContainEqual(expect.objectContaining({ name: 'anthropic', configured: true }));
    const { document: all } = await json(['prices']);
    expect(all.prices.length).toBeGreaterThan(1);
    const { document: one } = await json(['prices', 'anthropic/claude-haiku-5-5']);
    expect(one.prices).toMatchObject([{ model: 'anthropic/claude-haiku-5-5', known: true }]);
  });

  it('lists batches by status and agent, plans a retry, and lists the columns of an export', async () => {
    const ids = async (...args: string[]) =>
      (await json(['batches', 'list', ...args])).document.batches.map(({ batch_id: id }: { batch_id: string }) => id);
    await json(['run', 'people.csv', '-a', 'greeter', '--yes', '--name', 'listed']);
    const [newest] = await ids('--text', 'listed');
    expect((await ids('--status', 'completed', '--agent', 'greeter', '--limit', '1'))[0]).toBe(newest);
    expect((await ids('--oldest-first')).at(-1)).toBe(newest);
    const { document: planned } = await json(['batches', 'retry', newest, '--dry-run']);
    expect(planned).toMatchObject({ rows: 1 });
    const { document: listed } = await json(['batches', 'export', newest, '--list-columns']);
    expect(listed.columns.slice(0, 3)).toEqual(['name', 'town', 'greeting']);
  });

  it('continues a batch with another table', async () => {
    const first = await json(['run', 'people.csv', '-a', 'greeter', '--yes', '--out', 'first.csv']);
    await here.write('more.csv', 'name,town\nAnn,Wexcombe\nBo,Wexcombe\n');
    const { document } = await json(['run', 'more.csv', '--continue', first.document.batch_id, '--yes']);
    expect(document).toMatchObject({ counts: { succeeded: 2 }, continues: { batch_id: first.document.batch_id } });
  });

  it('sends the files of a folder and of a pattern, and runs them as one table', async () => {
    await mkdir(here.path('many/below'), { recursive: true });
    await here.write('many/a.csv', 'name,town\nAnn,Ayr\n');
    await here.write('many/b.csv', 'name,town\nBo,Bath\nCy,Cork\n');
    await here.write('many/below/c.csv', 'name,town\nDi,Deal\n');
    const rowsOf = async (place: string) => (await json(['analyze', place])).document.row_count;
    expect([await rowsOf('many/'), await rowsOf('many/**/*.csv'), await rowsOf('many/b.*')]).toEqual([3, 4, 2]);
    const { document } = await json(['run', 'many/', '-a', 'greeter', '--yes', '--out', 'many.csv']);
    expect(document.counts).toMatchObject({ succeeded: 3, failed: 0 });
    expect(await readFile(here.path('many.csv'), 'utf8')).toMatch(/^Ann,Ayr,[\s\S]*^Cy,Cork,/m);
    expect((await remote(['analyze', 'none*.csv'])).stderr).toContain('file_not_found');
  });

  it('collects rows, runs them and shows the flow', async () => {
    const made = await json(['batches', 'create', '-a', 'greeter', '--columns', 'name,town']);
    const id = made.document.batch_id;
    expect(made.document.status).toBe('collecting');
    await json(['batches', 'append', id, 'people.csv', '--idempotency-key', 'k']);
    const again = await json(['batches', 'append', id, 'people.csv', '--idempotency-key', 'k']);
    expect(again.document).toMatchObject({ total: 3, repeated: true });
    const piped = await remote(['batches', 'append', id, '-', '--json'], { input: '{"name": "Bo"}\n' });
    expect(JSON.parse(piped.stdout)).toMatchObject({ first_row: 3, rows: 1, total: 4 });
    const done = await json(['batches', 'run', id, '--yes']);
    expect(done).toMatchObject({ code: 3, document: { status: 'completed', counts: { succeeded: 3, failed: 1 } } });
    const { document: flow } = await json(['batches', 'flow', id]);
    const states = flow.changes.map(({ state }: { state: string }) => state);
    expect(states).toEqual(expect.arrayContaining(['collecting', 'created', 'running', 'completed']));
    expect(
      (await remote(['batches', 'create', '-a', 'greeter', '--columns', 'name', '--out', 'a.csv'])).stderr,
    ).toContain('rowmill batches export BATCH --out a.csv');
  });

  it('runs a job at once', async () => {
    const { code, document } = await json(['jobs', 'add', 'greeter', '--input', '{"name": "Ann"}', '--now']);
    expect({ code, document }).toMatchObject({
      code: 0,
      document: { state: 'succeeded', result: { greeting: 'Hello Ann' } },
    });
    const failed = await json(['jobs', 'add', 'greeter', '--input', '{"name": "bad"}', '--now', '--accept', '1']);
    expect(failed).toMatchObject({ code: 3, document: { state: 'failed' } });
  });

  it('shows what goes on, the calls behind a sum, the audit log and the rules of alerts', async () => {
    const { document: batch } = await json(['batches', 'show', 'latest']);
    const { document: dashboard } = await json(['monitor']);
    expect(dashboard).toMatchObject({ batches: [], last_24_hours: { calls: expect.any(Number) } });
    const { document: metrics } = await json(['monitor', 'metrics', '--bucket', 'day', '--by', 'agent,way']);
    expect(metrics.items).toContainEqual(expect.objectContaining({ agent: 'greeter', way: 'realtime' }));
    expect((await json(['monitor', 'load'])).document.totals.calls).toBeGreaterThan(0);
    const { document: page } = await json(['monitor', 'ledger', batch.batch_id, '--limit', '1']);
    expect(page.calls).toMatchObject([{ run: `${batch.batch_id}/0/1`, turn: 0, cost_usd: 0 }]);
    const { document: entries } = await json(['audit', '--limit', '500']);
    const starts = entries.entries.filter(({ action }: { action: string }) => action === 'batch-start');
    expect(starts.length).toBeGreaterThan(0);
    const { document: older } = await json(['audit', '--before', String(starts[0].id), '--action', 'batch-start']);
    expect(older.entries.map(({ id }: { id: number }) => id)).toEqual(
      starts.slice(1, 21).map(({ id }: { id: number }) => id),
    );
    expect((await json(['alerts', 'rules'])).document.rules.length).toBeGreaterThan(5);
  });

  it('sends a file, keeps a draft over it, and deletes both', async () => {
    const { document: sent } = await json(['uploads', 'add', 'people.csv']);
    await here.write('draft.json', JSON.stringify({ csv_uri: sent.uri }));
    await json(['drafts', 'add', here.path('draft.json')]);
    const { document: unnamed } = await json(['drafts']);
    await json(['drafts', 'set', unnamed.drafts[0].draft_id, '--name', 'People']);
    const { document: listed } = await json(['drafts']);
    expect(listed.drafts).toMatchObject([{ name: 'People', request: { csv_uri: sent.uri } }]);
    const [{ draft_id: id }] = listed.drafts;
    expect((await json(['drafts', 'show', id])).document).toMatchObject({ revision: 2 });
    expect((await remote(['uploads', 'delete', sent.uri, '--yes'])).stderr).toContain('upload_conflict');
    await json(['drafts', 'delete', id]);
    await json(['uploads', 'delete', sent.uri, '--yes']);
    expect((await json(['drafts'])).document).toEqual({ drafts: [] });
  });

  it('chats, and lists and shows the conversation', async () => {
    const said = await remote(['chat', '--json'], { input: 'hello\nagain\n' });
    const { conversation_id: id, turns } = JSON.parse(said.stdout);
    expect(turns.map(({ text }: { text: string }) => text)).toEqual([
      'You said hello; that was message 1.',
      'You said again; that was message 2.',
    ]);
    const { document: listed } = await json(['conversations']);
    expect(listed.conversations).toMatchObject([{ id, message_count: 4, first_message: 'hello' }]);
    expect((await remote(['conversations', 'show', id])).stdout).toMatch(/› hello\nYou said hello/);
    const more = await remote(['chat', '--conversation', id, '--json'], { input: 'third' });
    expect(JSON.parse(more.stdout)).toMatchObject({ conversation_id: id, turns: [{ error: null }] });
    expect((await remote(['chat', '--conversation', 'conv_0'])).stderr).toContain('conversation_not_found');
  });

  it('agrees to what a model asked for, as "rowmill confirm" does', async () => {
    const path = join(there.path('data'), 'rowmill.db');
    const store = await openSqliteStore({ path, now: Date.now, log: createSilentLog() });
    const question = { request: { action: 'start' }, title: 'Start it', expectedUsd: 7, said: undefined };
    const { code } = await createConfirmations({ store, now: Date.now }).ask(question);
    await store.close();
    expect((await remote(['confirm', code])).stderr).toContain('Only a person can agree');
    const client = createClient({ url, apiKey: 'secret-key' });
    const confirmations = createRemoteConfirmations(client, { url, unasked: new Set() });
    expect(await confirmations.find({ code })).toMatchObject({ title: 'Start it', expectedUsd: 7, isAgreed: false });
    expect(await confirmations.agree(code)).toBe(true);
    expect(await confirmations.find({ code })).toMatchObject({ isAgreed: true });
    expect(await confirmations.agree('AAAA-AAAA')).toBe(false);
    expect(await confirmations.find({ code: 'AAAA-AAAA' })).toBeUndefined();
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
    expect(await said(['--server', url, 'serve'])).toContain('it is the server of the data directory');
    expect(await said(['--server', url, 'mongo', 'import', 'a'])).toContain('ROWMILL_MONGODB_URI of this machine');
    expect(await said(['--server', 'http://127.0.0.1:9', 'batches'])).toContain('can not be reached');
    expect(await said(['batches', `--server=${url}`])).toContain('unauthorized');
    const absent = await remote(['run', 'absent.csv', '-a', 'greeter', '--yes']);
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('file_not_found') });
  });
});
