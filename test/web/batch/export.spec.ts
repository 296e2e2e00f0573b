import type { Page } from '@playwright/test';
import { readTable } from '../../tables/read-table.ts';
import { expectAccessible } from '../support/accessible.ts';
import { createBatch, untilBatch } from '../support/create-batch.ts';
import { expect, test } from '../support/fixtures.ts';
import type { Service } from '../support/service.ts';
import { takeDownload } from '../support/take-download.ts';

test.use({ shares: true });

/** Commas, quotes, newlines, signs of many scripts, and what a spreadsheet takes for a formula. */
const TRICKY = [
  ['T-1', 'a, "b"\nünïcode, 配送はいつ 🙂'],
  ['T-2', '=1+1'],
  ['T-3', '@sum(A1)'],
  ['0042', ' two spaces  '],
];
const TABLE = [['ticket', 'message'], ...TRICKY].map((cells) => cells.map(quoted).join(',')).join('\n');

function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}

/** Opens the page of an ended batch over the tricky table. */
async function openEnded(page: Page, service: Service): Promise<string> {
  const { batch_id: id } = await createBatch(service, { table: TABLE });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.goto(`/batches/${id}/rows`);
  return id;
}

/** Exports by the dialog. */
async function exported(page: Page, { format, isSafe = false }: { format: string; isSafe?: boolean }): Promise<Buffer> {
  await page.getByRole('button', { name: 'Export…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Format' }).selectOption(format);
  if (isSafe) await dialog.getByRole('checkbox', { name: /spreadsheet/ }).click();
  const file = await takeDownload(page, () => dialog.getByRole('link', { name: 'Download' }).click());
  await expect(dialog).toHaveCount(0);
  return file;
}

for (const format of ['CSV', 'TSV', 'JSONL', 'JSON', 'PARQUET', 'XLSX']) {
  test(`an export as ${format} reads back as it went in, cell by cell`, async ({ page, service }) => {
    await openEnded(page, service);
    const file = await exported(page, { format });
    const { columns, cells } = await readTable(file, `table.${format.toLowerCase()}`);
    expect(columns.slice(0, 4)).toEqual(['ticket', 'message', 'topic', 'urgent']);
    expect(cells.map((row) => row.slice(0, 2))).toEqual(TRICKY);
    expect(cells.map((row) => row[2])).toEqual(TRICKY.map(([, message]) => expect.stringContaining(message ?? '')));
    expect(cells.map((row) => row[columns.indexOf('_status')])).toEqual(TRICKY.map(() => 'SUCCESS'));
  });
}

for (const format of ['CSV', 'XLSX']) {
  test(`an export as ${format} neutralises cells that a spreadsheet takes for formulas, when asked`, async ({
    page,
    service,
  }) => {
    await openEnded(page, service);
    const file = await exported(page, { format, isSafe: true });
    const { cells } = await readTable(file, `table.${format.toLowerCase()}`);
    expect(cells.map((row) => row[1])).toEqual([TRICKY[0]?.[1], "'=1+1", "'@sum(A1)", TRICKY[3]?.[1]]);
  });
}

test('an export has the columns that were chosen', async ({ page, service }) => {
  const id = await openEnded(page, service);
  await page.getByRole('button', { name: 'Export…' }).click();
  await page.getByText(/^\d+ columns$/).click();
  await page.getByRole('checkbox', { name: 'message', exact: true }).click();
  await page.getByRole('checkbox', { name: '_trace_id' }).click();
  await expectAccessible(page);
  const file = await takeDownload(page, () => page.getByRole('link', { name: 'Download' }).click());
  const { columns, cells } = await readTable(file);
  expect(columns).toEqual(['ticket', 'topic', 'urgent', '_status', '_processing_time', '_error', '_trace_id']);
  expect(cells.map((row) => row.at(-1))).toEqual(TRICKY.map((_, row) => `${id}/${row}/1`));
});
