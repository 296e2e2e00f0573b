import { beforeEach, expect, it } from 'vitest';
import { createPageSize, type PageSize } from '../../../../src/tables/mongodb/source/page-size.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';

let clock: ManualClock;
let size: PageSize;
beforeEach(() => {
  clock = createManualClock();
  size = createPageSize(100, { clock, grows: true });
});

/** Gives pages away, each of which lasts so long. */
async function pages(count: number, ms: number, bytes = 30_000): Promise<number> {
  for (let page = 0; page < count; page += 1) {
    await clock.advance(ms);
    size.next(bytes);
  }
  return size.rows();
}

it('gets larger after ten pages in a row whose rows ran quickly', async () => {
  expect(await pages(9, 100)).toBe(100);
  expect(await pages(1, 900)).toBe(100);
  expect(await pages(9, 100)).toBe(100);
  expect(await pages(1, 100)).toBe(500);
});

it('is small again as soon as a large page lasts longer, so that others find work', async () => {
  await pages(10, 100);
  expect(await pages(3, 1_500, 150_000)).toBe(500);
  expect(await pages(1, 2_500, 150_000)).toBe(100);
  expect(await pages(9, 100)).toBe(100);
});

it('stays small for large documents, whose pages would need memory', async () => {
  expect(await pages(20, 100, 300_000)).toBe(100);
  expect(await pages(10, 100)).toBe(500);
  expect(await pages(1, 100, 1_500_000)).toBe(100);
});

it('stays what was asked for', async () => {
  size = createPageSize(20, { clock, grows: false });
  expect(await pages(30, 1)).toBe(20);
});
