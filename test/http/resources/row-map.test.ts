import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RestWorld, startRestWorld } from '../rest-world.ts';

let world: RestWorld;
beforeEach(async () => {
  world = await startRestWorld();
  await world.write('table.csv', 'q\na\nb\nc\nd\n');
});
afterEach(() => world.close());

describe('the map of the rows of a batch', () => {
  it('has equal ranges with their counts, and an ETag of them', async () => {
    const { csv_uri, target } = world.request();
    const { body } = await world.send('POST', '/v1/batches', { csv_uri, target });
    const path = `/v1/batches/${body.batch_id}/row-map`;
    expect((await world.send('GET', path)).body).toEqual({ total: 0, ranges: [] });
    await world.runner.drive(body.batch_id);
    const range = (first: number) => ({ first, rows: 2, queued: 0, running: 0, succeeded: 2, failed: 0 });
    const found = await world.send('GET', `${path}?ranges=2`);
    expect(found.body).toEqual({ total: 4, ranges: [range(0), range(2)] });
    const tag = found.headers.get('etag') ?? '';
    expect(tag).not.toBe('');
    const again = await world.send('GET', `${path}?ranges=2`, undefined, { headers: { 'if-none-match': tag } });
    expect(again.status).toBe(304);
    const wrong = await world.send('GET', `${path}?ranges=0`);
    expect(wrong).toMatchObject({ status: 400, body: { place: 'query.ranges' } });
    expect((await world.send('GET', '/v1/batches/bat_none/row-map')).status).toBe(404);
  });
});
