import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { progressEvents } from '../../src/http/progress-events.ts';
import type { ModelRequest } from '../../src/protocol/messages.ts';
import { echo } from '../runner/world.ts';
import { type RestWorld, startRestWorld } from './rest-world.ts';

let world: RestWorld;
let csv_uri: string;
const requests: ModelRequest[] = [];
const target = { type: 'agent', name: 'tester' };
beforeEach(async () => {
  requests.length = 0;
  world = await startRestWorld({
    apiKeys: ['one'],
    respond: (row, context) => {
      requests.push(context.request);
      return echo(row, context);
    },
  });
  csv_uri = await world.write('table.csv', 'q;n\nalpha;1,5\nb;2\nc;3,5\n');
});
afterEach(() => world.close());

const send = (path: string, body: object, headers?: Record<string, string>) =>
  world.send('POST', path, body, { key: 'one', ...(headers && { headers }) });

describe('tables over REST', () => {
  it('are analysed with reading options', async () => {
    const { status, body } = await send('/v1/tables/analyze', { csv_uri, sample_rows: 1 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ row_count: 3, column_count: 2, format: { delimiter: ';' } });
    expect(body.sample_rows).toEqual([{ q: 'alpha', n: '1,5' }]);
    expect(body).not.toHaveProperty('next_step');
    const whole = await send('/v1/tables/analyze', { csv_uri, reading: { delimiter: '|', header: false } });
    expect(whole.body).toMatchObject({ row_count: 4, column_count: 1 });
  });

  it('are analysed as a stream that ends with the result', async () => {
    const stream = await send('/v1/tables/analyze', { csv_uri }, { accept: 'text/event-stream' });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    expect(stream.body).toMatch(/event: result\ndata: \{.*"row_count":3/);
    const missing = { csv_uri: `${csv_uri}.gone` };
    expect((await send('/v1/tables/analyze', missing, { accept: 'text/event-stream' })).status).toBe(404);
  });

  it('are previewed at a place', async () => {
    const first = await send('/v1/tables/preview', { csv_uri, limit: 2 });
    expect(first.body).toMatchObject({ columns: ['q', 'n'], next: 2, reading: { delimiter: ';' } });
    const second = await send('/v1/tables/preview', { csv_uri, place: 2, limit: 2 });
    expect(second.body).toMatchObject({ next: null, row_count: 3 });
    expect(second.body.rows).toEqual([{ row: 2, line: 4, cells: ['c', '3,5'], fault: null }]);
    const after = await send('/v1/tables/preview', { csv_uri, place: 3 });
    expect(after.body).toMatchObject({ rows: [], next: null });
  });

  it('show the prompt of a row as its run sends it', async () => {
    const { body } = await send('/v1/tables/render', { csv_uri, target, row: 1 });
    expect(body).toMatchObject({ row: 1, line: 3, agent: 'tester@v1', input: { q: 'b' }, input_mapping: { q: 'q' } });
    const { batch_id: id } = (await send('/v1/batches', { csv_uri, target })).body;
    await world.runner.drive(id);
    const sent = requests.map(({ system, messages }) => ({ instructions: system, messages }));
    expect(sent).toHaveLength(3);
    expect(sent).toContainEqual({ instructions: body.instructions, messages: body.messages });
    expect(body.tokens).toBeGreaterThan(10);
  });

  it('show the prompt of a question with its own placeholders, and why a row has none', async () => {
    const inline = { type: 'inline', prompt: 'Rate {q}: {n}', fields: [{ name: 'mark' }], model: 'claude-haiku-5-5' };
    const { body } = await send('/v1/tables/render', { csv_uri, target: inline });
    expect(body.messages).toEqual([{ role: 'user', content: 'Rate alpha: 1,5' }]);
    const none = await send('/v1/tables/render', { csv_uri, target, row: 9 });
    expect(none).toMatchObject({ status: 404, body: { detail: expect.stringContaining('it has 3 rows') } });
    const wrong = await send('/v1/tables/render', { csv_uri, target, input_mapping: { q: 'qq' } });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'column_unknown' } });
  });

  it('count the tokens of a text by the counter of the estimates', async () => {
    const plain = await send('/v1/tokens', { text: 'a word or two' });
    expect(plain.body).toEqual({ tokens: 4 });
    const claude = await send('/v1/tokens', { text: 'a word or two '.repeat(100), provider: 'anthropic' });
    expect(claude.body.tokens).toBeGreaterThan(400);
  });

  it.each(['analyze', 'preview', 'render'])('name unknown keys of %s', async (what) => {
    const refused = await send(`/v1/tables/${what}`, { csv_uri, target, colour: 'red' });
    expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining('colour') } });
  });
});

describe('uploads of another caller', () => {
  it('are never opened, by whatever names them', async () => {
    const { body: made } = await world.send('POST', '/v1/keys', { name: 'bob', scope: 'run' }, { key: 'one' });
    const key = { key: made.secret };
    const { body } = await world.send('POST', '/v1/uploads?name=a.csv', 'q\nx\n', { key: 'one' });
    const uri = { csv_uri: body.uri };
    for (const path of ['tables/analyze', 'tables/preview', 'tables/render', 'batches']) {
      const asked = /render|batches/.test(path) ? { ...uri, target } : uri;
      expect([path, (await world.send('POST', `/v1/${path}`, asked, key)).status]).toEqual([path, 404]);
      expect([200, 201]).toContain((await world.send('POST', `/v1/${path}`, asked, { key: 'one' })).status);
    }
    const plan = await world.send('POST', '/v1/estimates', { ...uri, target }, key);
    expect(plan.body.problems).toMatchObject([{ code: 'not_found' }]);
  });
});

describe('progress events', () => {
  it('give the newest progress, then the result, and end the work when they are left', async () => {
    const events = progressEvents(new AbortController().signal, async (_, tell: (rows: number) => void) => {
      tell(1);
      tell(2);
      return 'done';
    });
    const told: unknown[] = [];
    for await (const sent of events) told.push([sent.event, 'data' in sent && sent.data]);
    expect(told).toEqual([
      ['progress', 2],
      ['result', 'done'],
    ]);
    let isStopped = false;
    const left = progressEvents(new AbortController().signal, async (signal, tell: (rows: number) => void) => {
      tell(1);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      isStopped = true;
    });
    await left.next();
    await left.return(undefined);
    expect(isStopped).toBe(true);
  });
});
