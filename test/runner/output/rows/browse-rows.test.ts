import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RowPageQuery, RowSearch } from '../../../../src/runner/contract/request/row-query.ts';
import { echo, startWorld, type World } from '../../world.ts';

let world: World;
let id: string;
/** The numbers of the rows in the order in which they ended. */
let ended: number[];

/** Ten rows `w0` to `w9`, of which w3 and w7 fail; the first wave of five ends in the reverse order. */
beforeEach(async () => {
  ended = [];
  world = await startWorld({
    respond: async (row, context) => {
      const number = Number(String(row['q']).slice(1));
      ended.push(number);
      if (number === 3 || number === 7) return [{ type: 'text', text: 'no' }];
      return echo(row, context);
    },
    agent: { limits: { max_turns: 1 } },
  });
  const words = Array.from({ length: 10 }, (_, index) => `w${index}`);
  await world.write('table.csv', `q\n${words.join('\n')}\n`);
  id = await world.start({ concurrency: 1 });
  await world.runner.drive(id);
});
afterEach(() => world.close());

const numbers = async (query: RowPageQuery) => (await world.runner.browse(id, query)).rows.map(({ row }) => row);

describe('a page of rows', () => {
  it('has exact counts, and how many rows the filter selects', async () => {
    const page = await world.runner.browse(id, { status: 'succeeded', limit: 2 });
    expect(page.rows.map(({ row, output }) => [row, output])).toEqual([
      [0, { answer: 'w0!' }],
      [1, { answer: 'w1!' }],
    ]);
    expect(page).toMatchObject({ selected: 8, counts: { total: 10, queued: 0, succeeded: 8, failed: 2 } });
    const [error] = page.counts.errors;
    expect(error?.count).toBe(2);
    expect(await world.runner.browse(id, { code: error?.code })).toMatchObject({ selected: 2 });
    expect(await numbers({ code: error?.code })).toEqual([3, 7]);
    expect(await world.runner.browse(id, { code: error?.code, status: 'queued' })).toMatchObject({
      ...{ selected: 0, rows: [] },
    });
  });

  it.each<[RowPageQuery, number[]]>([
    [{ place: 8 }, [8, 9]],
    [{ sort: '-row', place: 8 }, [1, 0]],
    [{ sort: 'status', place: 6, limit: 4 }, [8, 9, 3, 7]],
    [{ sort: '-status', limit: 3 }, [7, 3, 9]],
    [{ sort: '-status', place: 9, limit: 3 }, [0]],
    [{ sort: 'status', place: 99 }, []],
    [{ sort: '-status', status: 'failed' }, [7, 3]],
  ])('has any place of any order: %j', async (query, expected) => {
    expect(await numbers(query)).toEqual(expected);
  });

  it('is in the order of the ends of rows, also after a retry', async () => {
    expect(await numbers({ sort: 'time' })).toEqual(ended);
    expect(await numbers({ sort: '-time', place: 1, limit: 2 })).toEqual(ended.toReversed().slice(1, 3));
    expect(await numbers({ sort: 'time', status: 'failed' })).toEqual([3, 7]);
    await world.runner.retry(id, {});
    await world.runner.drive(id);
    expect((await numbers({ sort: 'time' })).slice(-2)).toEqual([3, 7]);
  });

  it.each<[RowPageQuery, RegExp]>([
    [{ limit: 5_000 }, /limit/],
    [{ place: -1 }, /place/],
    [{ sort: 'size' as 'row' }, /sort/],
    [{ colour: 'red' } as RowPageQuery, /colour/],
  ])('is refused with a query like %j', async (query, told) => {
    await expect(world.runner.browse(id, query)).rejects.toMatchObject({ message: expect.stringMatching(told) });
  });
});

describe('a search', () => {
  const search = async (query: { text: string; from?: number; limit?: number; status?: 'failed' }) => {
    const reports: RowSearch[] = [];
    for await (const one of world.runner.search(id, query, new AbortController().signal)) reports.push(one);
    return reports;
  };

  it('finds cells and answers, counts all, and reads as many as it was asked for', async () => {
    expect(await search({ text: 'W4!' })).toMatchObject([{ rows: [{ row: 4 }], found: 1, next: null }]);
    expect(await search({ text: 'w', limit: 3 })).toMatchObject([
      { rows: [{ row: 0 }, { row: 1 }, { row: 2 }], found: 10, next: 3 },
    ]);
    expect(await search({ text: 'w', limit: 3, from: 8 })).toMatchObject([
      { rows: [{ row: 8 }, { row: 9 }], found: 2, next: null },
    ]);
    expect(await search({ text: 'w', status: 'failed' })).toMatchObject([{ rows: [{ row: 3 }, { row: 7 }], found: 2 }]);
    expect(await search({ text: 'nothing' })).toEqual([{ rows: [], found: 0, next: null }]);
  });

  it('ends when its signal fires', async () => {
    const reports = world.runner.search(id, { text: 'w' }, AbortSignal.abort());
    await expect(reports[Symbol.asyncIterator]().next()).rejects.toThrow();
  });
});
