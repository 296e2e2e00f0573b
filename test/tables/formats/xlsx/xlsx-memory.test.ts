import { expect, test } from 'vitest';
import { writeAndReadWorkbook } from './large-workbook.ts';

test('20,000 rows of 10 columns are written and read with a heap of 64 MB', async () => {
  const { count, outsideHeapMb } = await writeAndReadWorkbook(20_000);
  expect(count).toBe(20_000);
  expect(outsideHeapMb).toBeLessThan(64);
}, 30_000);
