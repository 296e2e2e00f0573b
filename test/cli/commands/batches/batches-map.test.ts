import { expect, it } from 'vitest';
import { mapLines } from '../../../../src/cli/commands/batches/batches-map.ts';
import { createWorkspace } from '../../workspace.ts';

const range = (first: number, more: object) => ({
  ...{ first, rows: 10, queued: 0, running: 0, succeeded: 0, failed: 0 },
  ...more,
});

it('draws each range by what matters most in it, and names where rows failed', () => {
  const ranges = [
    range(0, { succeeded: 10 }),
    range(10, { succeeded: 8, failed: 2 }),
    range(20, { succeeded: 9, failed: 1 }),
    range(30, { succeeded: 5, running: 5 }),
    range(40, { succeeded: 5, queued: 5 }),
    range(50, { queued: 10 }),
    range(60, { failed: 10 }),
  ];
  expect(mapLines({ total: 70, ranges }, { paint: (_, text) => text })).toEqual([
    '=xx>-.x',
    '70 rows; x failed, > running, = done, - done in part, . waiting',
    'rows 10 to 29: 3 failed',
    'rows 60 to 69: 10 failed',
  ]);
  expect(mapLines({ total: 0, ranges: [] }, { paint: (_, text) => text })).toEqual(['The batch has no rows yet.']);
});

it('maps the rows of a batch, as text and as a document', async () => {
  const space = await createWorkspace({ names: ['Ann', 'Bob', 'Cid', 'Dan'] });
  await space.run(['run', 'people.csv', '-a', 'greeter', '--json']);
  expect((await space.run(['batches', 'map', 'latest'])).stdout).toMatch(/^====\n4 rows;/);
  const map = JSON.parse((await space.run(['batches', 'map', 'latest', '--ranges', '2', '--json'])).stdout);
  expect(map).toMatchObject({
    total: 4,
    ranges: [
      { first: 0, succeeded: 2 },
      { first: 2, succeeded: 2 },
    ],
  });
  await space.close();
});
