import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RestWorld, startRestWorld } from './rest-world.ts';

let world: RestWorld;
beforeEach(async () => {
  world = await startRestWorld();
  await world.write('table.csv', 'q\na\nb\n');
});
afterEach(() => world.close());

const create = async (more: object = {}) => {
  const { csv_uri, target } = world.request();
  return (await world.send('POST', '/v1/batches', { csv_uri, target, ...more })).body.batch_id as string;
};
const flow = async (id: string, query = '') => (await world.send('GET', `/v1/batches/${id}/flow${query}`)).body;

describe('the flow of a batch', () => {
  it('has each state with its time and counts, and the changes that a client missed', async () => {
    const id = await create();
    await world.send('POST', `/v1/batches/${id}/pause`);
    const paused = await flow(id);
    expect(paused).toMatchObject({ state: 'paused', complete: true });
    const now = paused.states.filter((one: { is_current: boolean }) => one.is_current);
    expect(now).toMatchObject([{ state: 'paused', visits: 1 }]);
    await world.send('POST', `/v1/batches/${id}/resume`, {});
    await world.runner.drive(id);
    const { state, states, changes } = await flow(id);
    expect(state).toBe('completed');
    const went = ['created', 'paused', 'validating', 'loading', 'running', 'aggregating', 'completed'];
    expect(changes.map((one: { state: string }) => one.state)).toEqual(went);
    expect(changes[1]).toMatchObject({ number: 2, pause_reason: 'user', counts: { queued: 0 } });
    expect(changes[4].counts).toMatchObject({ queued: 2, succeeded: 0 });
    expect(changes[6]).toMatchObject({ counts: { queued: 0, succeeded: 2 }, seconds: null });
    const visits = Object.fromEntries(states.map((one: { state: string; visits: number }) => [one.state, one.visits]));
    expect(visits).toMatchObject({ collecting: 0, running: 1, failed: 0, completed: 1 });
    const missed = await flow(id, '?after=5');
    expect(missed.changes.map(({ number }: { number: number }) => number)).toEqual([6, 7]);
    expect((await world.send('GET', `/v1/batches/${id}/flow?from=1`)).status).toBe(400);
    expect((await world.send('GET', '/v1/batches/bat_none/flow')).status).toBe(404);
  });

  it('shows of an older batch what its times say', async () => {
    const id = await create();
    await world.runner.drive(id);
    const db = new DatabaseSync(join(world.folder, 'rowmill.db'));
    db.exec('DELETE FROM batch_changes');
    db.close();
    const { complete, changes } = await flow(id);
    expect(complete).toBe(false);
    expect(changes.map((one: { state: string }) => one.state)).toEqual(['created', 'running', 'completed']);
    expect(changes[0]).toMatchObject({ number: 0, counts: null });
  });

  it('is deleted with its batch', async () => {
    const id = await create();
    await world.runner.drive(id);
    expect((await world.send('DELETE', `/v1/batches/${id}`)).status).toBe(204);
    expect((await world.send('GET', `/v1/batches/${id}/flow`)).status).toBe(404);
  });
});

describe('the list of batches', () => {
  it('is filtered and sorted, page by page', async () => {
    const first = await create({ name: 'Spring mails' });
    const second = await create();
    await world.send('POST', `/v1/batches/${second}/cancel`);
    const list = async (query: string) => (await world.send('GET', `/v1/batches?${query}`)).body;
    const ids = async (query: string) => (await list(query)).items.map((one: { batch_id: string }) => one.batch_id);
    expect(await ids('status=cancelled,paused')).toEqual([second]);
    expect(await ids('text=spring')).toEqual([first]);
    expect(await ids('agent=tester')).toEqual([second, first]);
    expect(await ids('agent=none')).toEqual([]);
    const page = await list('sort=created&limit=1');
    expect(page.items).toMatchObject([{ batch_id: first }]);
    expect(await ids(`sort=created&limit=1&cursor=${page.next_cursor}`)).toEqual([second]);
    const wrong = await world.send('GET', `/v1/batches?cursor=${page.next_cursor}`);
    expect(wrong).toMatchObject({ status: 400, body: { place: 'query.cursor' } });
    expect((await world.send('GET', '/v1/batches?status=done')).status).toBe(400);
  });
});
