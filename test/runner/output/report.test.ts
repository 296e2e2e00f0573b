import { afterEach, expect, test } from 'vitest';
import { startWorld, table, type World, words } from '../world.ts';

let world: World;
afterEach(() => world.close());

test('a list of batches takes as many store calls as a list of one, and shows what their reports show', async () => {
  let calls: string[] = [];
  world = await startWorld({
    intercept: (method) => {
      calls.push(method);
    },
    respond: async () => [],
    agent: { limits: { max_turns: 1 } },
  });
  await world.write('table.csv', table(words(2)));
  const ids: string[] = [];
  for (let batch = 0; batch < 3; batch += 1) {
    const id = await world.start({}, { output_uri: `${world.folder}/out-${batch}.csv` });
    await world.runner.drive(id);
    ids.unshift(id);
  }
  const callsOf = async (limit: number) => {
    calls = [];
    const reports = await world.runner.list({ limit });
    return { reports, calls };
  };
  const one = await callsOf(1);
  const all = await callsOf(9);
  expect(all.calls).toEqual(one.calls);
  expect(one.reports).toHaveLength(1);
  expect(all.reports.map((report) => report.batch_id)).toEqual(ids);
  expect(all.reports).toEqual(await Promise.all(ids.map((id) => world.runner.report(id))));
  expect(all.reports[0]?.failures).toHaveLength(1);
});

test('what the plan and the load both found in the table is one warning', async () => {
  world = await startWorld();
  await world.write('table.csv', 'q,n\nword,1\nlong,2,3\n');
  const id = await world.start();
  const { warnings } = await world.runner.drive(id);
  expect(warnings).toEqual([expect.stringContaining('line 3')]);
});
