import type { Page } from '@playwright/test';
import { echoAnswer, inputOf } from '../support/echo-agent.ts';
import { expectAccessible } from './support/accessible.ts';
import { createBatch, untilBatch } from './support/create-batch.ts';
import { expect, test } from './support/fixtures.ts';
import { tableOf } from './support/sample.ts';

test.use({ shares: true });

const grid = (page: Page) => page.getByRole('grid', { name: 'Rows of the batch' });
const map = (page: Page) => page.getByRole('slider', { name: 'Place in the table' });

/** Rows 10 to 19 and 90 fail. */
const fails = (request: Parameters<typeof echoAnswer>[0]) =>
  /\((1\d|90)\)/.test(JSON.stringify(inputOf(request)))
    ? { fault: 'status' as const, status: 400, type: 'invalid_request_error', message: 'It is refused.' }
    : echoAnswer(request);

test('the map names its clusters, and a click or a key goes there in the grid', async ({ page, service }) => {
  test.slow();
  service.model.answerWith(fails);
  const { batch_id: id } = await createBatch(service, { table: tableOf(120), options: { concurrency: 20 } });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.goto(`/batches/${id}/rows`);
  await expect(map(page)).toHaveAttribute('title', '109 succeeded, 11 failed. Failures in 2 clusters.');
  await expect(map(page)).toHaveAttribute('aria-valuetext', 'Row 0: 1 succeeded');
  const box = await map(page).boundingBox();
  if (box === null) throw new Error('The map is not drawn.');
  await map(page).click({ position: { x: (box.width * 90.5) / 120, y: box.height / 2 } });
  await expect(grid(page).getByText('T-1090', { exact: true })).toBeInViewport();
  await expect(map(page)).toHaveAttribute('aria-valuetext', 'Row 90: 1 failed');
  await map(page).focus();
  await page.keyboard.press('ArrowLeft');
  await expect(map(page)).toHaveAttribute('aria-valuenow', '89');
  await page.keyboard.press('Home');
  await expect(grid(page).getByText('T-1000', { exact: true })).toBeInViewport();
  await page.keyboard.press('End');
  await expect(grid(page).getByText('T-1119', { exact: true })).toBeInViewport();
  await expectAccessible(page);
});

test('the map as a table jumps too, and lifts a filter that hides the place', async ({ page, service }) => {
  test.slow();
  service.model.answerWith(fails);
  const { batch_id: id } = await createBatch(service, { table: tableOf(120), options: { concurrency: 20 } });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.goto(`/batches/${id}/rows?status=failed`);
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '12');
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  await expect(page).toHaveURL(/map=table/);
  const table = page.getByRole('table', { name: 'Map of all rows' });
  await expect(table.getByRole('row')).toHaveCount(21);
  await expect(table.getByRole('row').nth(3)).toHaveText(/^Rows 12–170600$/);
  await expectAccessible(page);
  await table.getByRole('button', { name: 'Rows 90–95' }).click();
  await expect(page).not.toHaveURL(/status=/);
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '121');
  await expect(grid(page).getByText('T-1090', { exact: true })).toBeInViewport();
  await expect(page).toHaveURL(/map=table/);
});

test('the map follows the rows while they run', async ({ page, service }) => {
  test.slow();
  service.model.hold();
  const { batch_id: id } = await createBatch(service, { table: tableOf(60), options: { concurrency: 5 } });
  await expect.poll(() => service.model.waiting(), { timeout: 60_000 }).toBeGreaterThan(0);
  await page.goto(`/batches/${id}/rows`);
  await expect(map(page)).toHaveAttribute('title', /^\d running, 5\d queued\.$/);
  service.model.allow(20);
  await expect(map(page)).toHaveAttribute('title', /^20 succeeded, \d running, 3\d queued\.$/);
  service.model.release();
  await expect(map(page)).toHaveAttribute('title', '60 succeeded.');
});

test('the active row has its whole frame, also where cells stay at the left', async ({ page, service }) => {
  const { batch_id: id } = await createBatch(service, { table: tableOf(6) });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.goto(`/batches/${id}/rows`);
  await grid(page).focus();
  await page.keyboard.press('ArrowDown');
  const active = page.locator('#row-1');
  await expect(active.getByRole('gridcell').first()).toHaveCSS('box-shadow', /inset.*inset.*inset/);
  await expect(active.getByRole('gridcell').last()).toHaveCSS('box-shadow', /inset.*inset.*inset/);
  await expect(page.locator('#row-2').getByRole('gridcell').first()).toHaveCSS('box-shadow', 'none');
});
