import { afterEach, expect, it } from 'vitest';
import { lookAtTable } from '../../../../src/runner/intake/table/look-at-table.ts';
import { startWorld, table, type World, words } from '../../world.ts';

let world: World;
afterEach(() => world.close());

const look = async (rows: string[]) => {
  world = await startWorld();
  const csv = await world.write('table.csv', table(rows));
  // However slow the machine is: no time passes.
  const clock = { ...world.deps.clock, monotonic: () => 0 };
  return lookAtTable(await world.deps.tables.openSource(csv, {}), { clock });
};

it('looks at every row of a small table', async () => {
  const { sample, rowCount } = await look(words(150));
  expect(rowCount).toBe(150);
  expect(sample.map(({ row }) => row)).toEqual(Array.from({ length: 150 }, (_, row) => row));
});

it('looks at rows spread over a large table, each with its place', async () => {
  const ROWS = 250_000;
  const { sample, rowCount } = await look(words(ROWS).map((word) => `${word} and the rest of a text of a row`));
  expect(rowCount).toBe(ROWS);
  expect(sample.length).toBeGreaterThan(100);
  expect(sample.length).toBeLessThanOrEqual(200);
  expect(sample[0]?.row).toBe(0);
  const inLaterHalf = sample.filter(({ row }) => row > ROWS / 2);
  expect(inLaterHalf.length).toBeGreaterThan(sample.length / 3);
  for (const { row, line, cells } of sample) {
    expect(cells).toEqual([`w${row} and the rest of a text of a row`]);
    expect(line).toBe(row + 2);
  }
});

it('a table whose rows get longer is expected to cost more than its start says', async () => {
  world = await startWorld();
  const short = words(2000);
  const long = short.map((word) => `${word} ${'with many more words '.repeat(40)}`);
  const inputOf = async (rows: string[]) => {
    await world.write('table.csv', table(rows));
    const { estimate } = await world.runner.plan(world.request());
    return (estimate?.tokens?.input ?? 0) / (estimate?.rows ?? 1);
  };
  const [shortOnly, both, longOnly] = [await inputOf(short), await inputOf([...short, ...long]), await inputOf(long)];
  expect(both).toBeGreaterThan(shortOnly + (longOnly - shortOnly) * 0.4);
  expect(both).toBeLessThan(shortOnly + (longOnly - shortOnly) * 0.6);
});
