import type { Page } from '@playwright/test';
import { addRows } from '../../support/add-rows.ts';
import { createBatch, untilBatch } from '../support/create-batch.ts';
import { test as base, expect } from '../support/fixtures.ts';
import { type Service, startService } from '../support/service.ts';

const ROWS = 1_000_000;
const grid = (page: Page) => page.getByRole('grid', { name: 'Rows of the batch' });

interface Million {
  service: Service;
  /** The batch, which is paused after the first of its rows. */
  id: string;
}

/** With one batch of a million rows for all tests, which change nothing. */
const test = base.extend<{ id: string }, { million: Million }>({
  million: [
    async ({ browserName: _ }, use) => {
      const service = await startService();
      const { batch_id: id } = await createBatch(service, { options: { sample: 1 } });
      await untilBatch(service, id, ({ status }) => status === 'paused');
      await service.kill();
      addRows({ dataDir: service.dataDir, batchId: id, rows: ROWS });
      await service.start();
      await use({ service, id });
      await service.close();
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  service: async ({ million }, use) => use(million.service),
  id: async ({ million }, use) => use(million.id),
});
// One after the other, so that the rows are made once.
test.describe.configure({ mode: 'default' });

test('End reaches the last of a million rows with less than 80 of them in the document', async ({ page, id }) => {
  await page.goto(`/batches/${id}/rows`);
  await expect(grid(page)).toHaveAttribute('aria-rowcount', String(ROWS + 1));
  const rows = grid(page).getByRole('row');
  const last = grid(page).getByRole('row', { name: /^999,999 / });
  await grid(page).focus();
  await page.keyboard.press('End');
  await expect(last).toContainText('T-1000999');
  await expect(last).toContainText('message (999999)');
  await expect(last).toBeInViewport({ ratio: 1 });
  expect(await rows.count()).toBeLessThan(80);
  // At any height of the window, and while it changes.
  for (const height of [880, 860, 841, 833, 700, 900]) {
    await page.setViewportSize({ width: 1440, height });
    await expect(last).toBeInViewport({ ratio: 1 });
    await expect(grid(page).getByRole('columnheader', { name: 'Status' })).toBeInViewport({ ratio: 1 });
  }
  await page.keyboard.press('PageUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: /^Row 999,9\d\d$/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(grid(page)).toBeFocused();
  await page.keyboard.press('Home');
  await expect(grid(page).getByRole('gridcell', { name: 'T-1', exact: true })).toBeInViewport();
  expect(await rows.count()).toBeLessThan(80);
});

test('the middle of a million rows is reached by the wheel and by a link, each row once and in order', async ({
  page,
  id,
}) => {
  await page.goto(`/batches/${id}/rows?row=500000`);
  const panel = page.getByRole('complementary', { name: 'Row 500,000' });
  await panel.getByRole('tab', { name: 'Original row' }).click();
  await expect(panel.getByRole('tabpanel')).toContainText('T-501000');
  const shown = grid(page).getByRole('row', { name: /^500,000 / });
  await expect(shown).toBeInViewport();
  await shown.hover();
  await page.mouse.wheel(0, 64);
  const numbers = async () =>
    (await grid(page).getByRole('row').getByRole('gridcell').evaluateAll(numbersOf)).map((text) =>
      Number(text.replaceAll(',', '')),
    );
  await expect
    .poll(async () => {
      const found = await numbers();
      return found.length > 10 && found.every((row, at) => at === 0 || row === (found[at - 1] ?? 0) + 1);
    })
    .toBe(true);
});

/** The first cell of each row. */
function numbersOf(cells: Element[]): string[] {
  return cells.flatMap((cell) => (cell.previousElementSibling === null ? [cell.textContent ?? ''] : []));
}
