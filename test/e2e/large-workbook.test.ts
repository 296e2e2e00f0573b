import { expect, test } from 'vitest';
import { writeAndReadWorkbook } from '../tables/formats/xlsx/large-workbook.ts';

test('200,000 rows of 10 columns of XLSX are written and read with a heap of 64 MB', async () => {
  const { count, outsideHeapMb } = await writeAndReadWorkbook(200_000);
  expect(count).toBe(200_000);
  expect(outsideHeapMb).toBeLessThan(64);
}, 300_000);
