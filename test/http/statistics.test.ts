import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RestWorld, startRestWorld } from './rest-world.ts';

let world: RestWorld;
beforeEach(async () => {
  world = await startRestWorld();
  await world.write('table.csv', 'q\na\nb\n');
});
afterEach(() => world.close());

it('shows the statistics of a batch, and of none that does not exist', async () => {
  const { csv_uri, target } = world.request();
  const id = (await world.send('POST', '/v1/batches', { csv_uri, target })).body.batch_id as string;
  await world.runner.drive(id);
  const { status, body } = await world.send('GET', `/v1/batches/${id}/statistics`);
  expect(status).toBe(200);
  expect(body).toEqual(await world.runner.statistics(id));
  expect((await world.send('GET', '/v1/batches/bat_none/statistics')).status).toBe(404);
});
