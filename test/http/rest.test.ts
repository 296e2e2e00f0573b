import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { echo } from '../runner/world.ts';
import { parseEvents } from './http-parts.ts';
import { type RestWorld, startRestWorld } from './rest-world.ts';

let world: RestWorld;
beforeEach(async () => {
  world = await startRestWorld({
    respond: async (row, context) => (row['q'] === 'bad' ? [{ type: 'text', text: 'no' }] : echo(row, context)),
    agent: { limits: { max_turns: 1 } },
  });
  await world.write('table.csv', 'q\na\nbad\nc\n');
});
afterEach(() => world.close());

const start = async (more: object = {}) => {
  const { csv_uri, target } = world.request();
  return world.send('POST', '/v1/batches', { csv_uri, target, ...more });
};
const started = async () => {
  const { body } = await start();
  await world.runner.drive(body.batch_id);
  return String(body.batch_id);
};

describe('uploads over REST', () => {
  it('are sent whole, used as a table, listed and deleted', async () => {
    const sent = await world.send('POST', '/v1/uploads?name=people.csv', 'q\nx\ny\n');
    expect(sent).toMatchObject({ status: 201, body: { status: 'complete', bytes: 6, name: 'people.csv' } });
    const { uri, upload_id: id } = sent.body;
    const made = await start({ csv_uri: uri });
    expect(made).toMatchObject({ status: 201, body: { source_uri: uri } });
    expect((await world.send('DELETE', `/v1/uploads/${id}`)).status).toBe(409);
    const { counts } = await world.runner.drive(made.body.batch_id);
    expect(counts).toMatchObject({ total: 2, succeeded: 2 });
    expect((await world.send('GET', '/v1/uploads')).body).toMatchObject({ items: [{ uri }], next_cursor: null });
    expect((await world.send('DELETE', `/v1/uploads/${id}`)).status).toBe(204);
    expect((await world.send('GET', `/v1/uploads/${id}`)).status).toBe(404);
    const deletions = { action: 'upload-delete', subject: id };
    expect(await world.store.readAudit({ limit: 9, action: 'upload-delete' })).toMatchObject([
      { ...deletions, outcome: { code: null } },
      { ...deletions, outcome: { code: 'upload_conflict' } },
    ]);
  });

  it('are sent in parts, from where they stand', async () => {
    const { body, headers } = await world.send('POST', '/v1/uploads?name=a.csv&length=6');
    expect([body.status, headers.get('upload-offset')]).toEqual(['receiving', '0']);
    const path = `/v1/uploads/${body.upload_id}`;
    const part = (offset: number, bytes: string) =>
      world.send('PATCH', path, bytes, { headers: { 'upload-offset': String(offset) } });
    expect((await part(0, 'q\nx')).headers.get('upload-offset')).toBe('3');
    expect(await part(0, 'q\nx')).toMatchObject({ status: 409, body: { code: 'upload_conflict' } });
    expect((await world.app.request(path, { method: 'HEAD' })).headers.get('upload-offset')).toBe('3');
    expect((await part(3, '\ny\n')).body).toMatchObject({ status: 'complete', bytes: 6 });
  });

  it.each(['/v1/uploads', '/v1/uploads?name=../x.csv', '/v1/uploads?name=a.csv&colour=red'])(
    'are refused at %s',
    async (path) => {
      expect((await world.send('POST', path, 'x')).status).toBe(400);
    },
  );
});

describe('batches over REST', () => {
  it('are estimated, started once by an idempotency key, shown with an ETag, listed and deleted', async () => {
    const { csv_uri, target } = world.request();
    const plan = await world.send('POST', '/v1/estimates', { csv_uri, target });
    expect(plan.body).toMatchObject({ problems: [], row_count: 3, execution: { realtime: { rows: 3 } } });
    const headers = { 'idempotency-key': 'once' };
    const first = await world.send('POST', '/v1/batches', { csv_uri, target }, { headers });
    const again = await world.send('POST', '/v1/batches', { csv_uri, target }, { headers });
    const id = first.body.batch_id;
    expect([first.status, first.headers.get('location')]).toEqual([201, `/v1/batches/${id}`]);
    expect(again.body.batch_id).toBe(id);
    await world.runner.drive(id);
    const shown = await world.send('GET', `/v1/batches/${id}`);
    expect(shown.body).toMatchObject({ status: 'completed', counts: { succeeded: 2, failed: 1 } });
    const same = { headers: { 'if-none-match': shown.headers.get('etag') ?? '' } };
    expect((await world.send('GET', `/v1/batches/${id}`, undefined, same)).status).toBe(304);
    expect((await world.send('GET', '/v1/batches')).body.items).toMatchObject([{ batch_id: id }]);
    expect((await world.send('DELETE', `/v1/batches/${id}`)).status).toBe(204);
    expect(await world.send('GET', `/v1/batches/${id}`)).toMatchObject({
      ...{ status: 404, body: { code: 'batch_not_found' } },
    });
  });

  it('name every fault of a request and store nothing', async () => {
    const wrong = { ...world.request(), colour: 'red', options: { concurrency: 0 } };
    expect((await world.send('POST', '/v1/batches', wrong)).status).toBe(400);
    const refused = await world.send('POST', '/v1/estimates', wrong);
    expect(refused.status).toBe(400);
    const places = refused.body.faults.map(({ place }: { place: string }) => place);
    expect(places).toContain('body.options.concurrency');
    expect(refused.body.detail).toContain('colour');
    const long = await start({ input_mapping: { q: `{% "${'x'.repeat(20_000)}" %}` } });
    expect(long).toMatchObject({ status: 422, body: { code: 'limit_exceeded' } });
    expect(long.body.detail).toContain('20002 characters, at most 20000');
    expect((await start({ csv_uri: 'upload://upl_0123456789abcdefghi' })).status).toBe(404);
    expect((await world.send('GET', '/v1/batches')).body.items).toEqual([]);
  });

  it('take settings, pause, resume and cancel', async () => {
    const { body } = await start();
    const path = `/v1/batches/${body.batch_id}`;
    expect((await world.send('PATCH', path, { concurrency: 7 })).body.options.concurrency).toBe(7);
    expect((await world.send('PATCH', path, { speed: 7 })).status).toBe(400);
    expect((await world.send('POST', `${path}/pause`)).body.status).toBe('paused');
    expect((await world.send('POST', `${path}/resume`, {})).status).toBe(200);
    expect((await world.send('POST', `${path}/cancel`)).body.status).toBe('cancelled');
    expect((await world.send('POST', `${path}/pause`)).status).toBe(409);
  });

  it('cancel one row, and queue it again', async () => {
    const { body } = await start({ options: { sample: 1 } });
    const path = `/v1/batches/${body.batch_id}`;
    expect((await world.send('POST', `${path}/rows/1/cancel`)).status).toBe(409);
    await world.runner.drive(body.batch_id);
    expect((await world.send('PATCH', path, { timeout_s: 9, call_timeout_s: 3, max_sends: 2 })).status).toBe(200);
    const cancelled = await world.send('POST', `${path}/rows/1/cancel`);
    expect(cancelled.body).toMatchObject({ status: 'paused', failures: [{ code: 'row_cancelled' }] });
    expect(cancelled.body.options).toMatchObject({ timeout_s: 9, call_timeout_s: 3, max_sends: 2 });
    expect((await world.send('POST', `${path}/rows/1/requeue`, {})).body.failures).not.toContainEqual(
      expect.objectContaining({ code: 'row_cancelled' }),
    );
    expect((await world.send('POST', `${path}/rows/99/cancel`)).status).toBe(404);
    expect((await world.send('POST', `${path}/rows/x/cancel`)).status).toBe(400);
  });

  it('retry only as many rows as were expected', async () => {
    const path = `/v1/batches/${await started()}`;
    const wrong = await world.send('POST', `${path}/retry`, { expected_rows: 2 });
    expect(wrong).toMatchObject({ status: 409, body: { place: 'body.expected_rows' } });
    expect((await world.send('GET', path)).body.status).toBe('completed');
    const right = await world.send('POST', `${path}/retry`, { expected_rows: 1 });
    expect(right.body).toMatchObject({ status: 'running', counts: { queued: 1 } });
  });

  it('are watched by events, whose ids say what a client has seen', async () => {
    const id = await started();
    const text = await (await world.app.request(`/v1/batches/${id}/events`)).text();
    expect(text).toMatch(/^event: report\ndata: \{"batch_id":"bat_.*"status":"completed".*\nid: \S+\n\n$/);
    const seen = /^id: (.*)$/m.exec(text)?.[1] ?? '';
    const headers = { 'last-event-id': seen };
    expect(await (await world.app.request(`/v1/batches/${id}/events`, { headers })).text()).toBe('');
    expect((await world.app.request('/v1/batches/bat_none/events')).status).toBe(404);
  });
});

describe('the spending of a start over REST', () => {
  beforeEach(async () => {
    await world.close();
    world = await startRestWorld({ confirmAboveUsd: 0 });
    await world.write('table.csv', 'q\na\n');
  });

  it.each([
    [{}, 409],
    [{ accepted_usd: 0 }, 409],
    [{ accepted_usd: 1 }, 201],
    [{ options: { max_cost_usd: 1 } }, 201],
  ])('is accepted or refused with %j', async (more, status) => {
    const answer = await start(more);
    expect(answer.status).toBe(status);
    if (status === 409) {
      expect(answer.body).toMatchObject({ code: 'confirmation_needed', place: 'body.accepted_usd' });
      expect((await world.send('GET', '/v1/batches')).body.items).toEqual([]);
    }
  });
});

describe('rows over REST', () => {
  it('are read at any place, by filter and order, with counts', async () => {
    const path = `/v1/batches/${await started()}/rows`;
    const page = await world.send('GET', `${path}?limit=2`);
    expect(page.body).toMatchObject({ items: [{ row: 0 }, { row: 1 }], selected: 3, next: 2, counts: { failed: 1 } });
    const last = await world.send('GET', `${path}?limit=2&place=2&sort=-row`);
    expect(last.body).toMatchObject({ items: [{ row: 0 }], next: null });
    expect((await world.send('GET', `${path}?status=failed`)).body.items).toMatchObject([{ row: 1 }]);
    for (const query of ['limit=0', 'sort=size', 'colour=red', 'place=-1'])
      expect((await world.send('GET', `${path}?${query}`)).status).toBe(400);
  });

  it('are searched, in a page or as events to the end', async () => {
    const path = `/v1/batches/${await started()}/rows`;
    const page = await world.send('GET', `${path}?text=A`);
    expect(page.body).toMatchObject({ items: [{ row: 0 }, { row: 1 }], found: 2, next: null });
    const first = await world.send('GET', `${path}?text=a&limit=1`);
    expect(first.body).toMatchObject({ items: [{ row: 0 }], next: 1 });
    expect((await world.send('GET', `${path}?text=a&limit=1&from=1`)).body.items).toMatchObject([{ row: 1 }]);
    const headers = { accept: 'text/event-stream' };
    const events = parseEvents(await (await world.app.request(`${path}?text=a`, { headers })).text());
    expect(events.map(({ event }) => event)).toEqual(['rows', 'found', 'end']);
    expect(events[2]?.data).toEqual({ found: 2 });
  });

  it('are shown one by one with their trace', async () => {
    const path = `/v1/batches/${await started()}/rows`;
    const { body } = await world.send('GET', `${path}/1`);
    const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
    const times = { started_at: iso, ended_at: iso };
    expect(body).toMatchObject({
      row: { row: 1, status: 'failed' },
      attempts: [{ attempt: 1, entries: [{}], ...times }],
    });
    const page = await world.send('GET', `${path}?limit=3`);
    expect(page.body.items).toMatchObject([times, times, times]);
    expect((await world.send('GET', `${path}/9`)).status).toBe(404);
    expect((await world.send('GET', `${path}/x`)).status).toBe(400);
  });

  it('are exported with chosen columns and metadata', async () => {
    const id = await started();
    const path = `/v1/batches/${id}/export`;
    const listed = await world.send('GET', `${path}/columns`);
    expect(listed.body.columns).toEqual(['q', 'answer', '_status', '_processing_time', '_error']);
    for (const name of [...listed.body.columns, ...listed.body.metadata]) {
      expect((await world.send('GET', `${path}?columns=${name}`)).status).toBe(200);
    }
    const csv = await world.send('GET', `${path}?columns=q,answer&metadata=_row&rows=succeeded`);
    expect(csv.body).toBe('q,answer,_row\na,a!,0\nc,c!,2\n');
    expect(csv.headers.get('content-disposition')).toBe(`attachment; filename="${id}.csv"`);
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect((await world.send('GET', `${path}?format=jsonl&columns=q&columns=_row`)).body).toContain(
      '{"q":"a","_row":0}',
    );
    expect((await world.send('GET', `${path}?columns=nothing`)).status).toBe(400);
    expect((await world.send('GET', `${path}?format=doc`)).status).toBe(400);
  });
});

describe('drafts over REST', () => {
  it('are kept, changed from what was read, listed and deleted', async () => {
    const made = await world.send('POST', '/v1/drafts', { name: 'Towns', request: { csv_uri: 'a.csv', options: {} } });
    expect(made).toMatchObject({ status: 201, body: { revision: 1, name: 'Towns' } });
    const path = `/v1/drafts/${made.body.draft_id}`;
    const change = { request: { csv_uri: 'b.csv' }, revision: 1 };
    expect((await world.send('PUT', path, change)).body).toMatchObject({ revision: 2, name: null });
    expect(await world.send('PUT', path, change)).toMatchObject({ status: 409, body: { code: 'draft_conflict' } });
    expect((await world.send('GET', '/v1/drafts')).body.items).toMatchObject([{ revision: 2 }]);
    expect((await world.send('POST', '/v1/drafts', { request: { colour: 1 } })).body.detail).toContain('colour');
    expect((await world.send('DELETE', path)).status).toBe(204);
    expect((await world.send('GET', path)).status).toBe(404);
  });
});

describe('the callers of REST', () => {
  it('need a key, and are described by the OpenAPI document', async () => {
    const document = (await world.send('GET', '/openapi.json')).body;
    for (const path of ['/v1/uploads', '/v1/batches', '/v1/batches/{id}/rows', '/v1/estimates', '/v1/drafts/{id}'])
      expect(Object.keys(document.paths)).toContain(path);
    await world.close();
    world = await startRestWorld({ apiKeys: ['admin'] });
    expect((await world.send('GET', '/v1/batches')).status).toBe(401);
    expect((await world.send('GET', '/v1/batches', undefined, { key: 'admin' })).status).toBe(200);
  });
});
