import type { Page } from '@playwright/test';
import { echoAnswer, inputOf } from '../support/echo-agent.ts';
import { expectAccessible } from './support/accessible.ts';
import { createBatch, untilBatch } from './support/create-batch.ts';
import { expect, test } from './support/fixtures.ts';
import { tableOf } from './support/sample.ts';
import { takeDownload } from './support/take-download.ts';

test.use({ shares: true });

const grid = (page: Page) => page.getByRole('grid', { name: 'Rows of the batch' });
const panel = (page: Page, row: number) => page.getByRole('complementary', { name: `Row ${row}` });
const heads = (page: Page) => grid(page).getByRole('columnheader');

/** Rows about a double charge fail. */
const refuse = (request: Parameters<typeof echoAnswer>[0]) =>
  /charged twice/.test(JSON.stringify(inputOf(request)))
    ? { fault: 'status' as const, status: 400, type: 'invalid_request_error', message: 'It is refused.' }
    : echoAnswer(request);

test('columns are chosen, moved, pinned, sized and sorted, and all of it stands in the address', async ({
  page,
  service,
}) => {
  const { batch_id: id } = await createBatch(service, { table: tableOf(9) });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.goto(`/batches/${id}/rows`);
  await expect(heads(page)).toHaveText([
    ...['Row', 'ticket', 'message', 'Status', 'Started', 'Completed', 'Took', 'topic', 'urgent'],
  ]);
  await page.getByRole('button', { name: 'Columns' }).click();
  const dialog = page.getByRole('dialog');
  await expectAccessible(page);
  await dialog.getByRole('checkbox', { name: 'Started' }).click();
  await dialog.getByRole('checkbox', { name: 'ticket (table)' }).click();
  await dialog.getByRole('button', { name: 'Move urgent up' }).click();
  await dialog
    .getByRole('listitem')
    .filter({ hasText: 'urgent (answer)' })
    .getByRole('checkbox', { name: 'Stays at the left' })
    .click();
  await dialog.getByRole('combobox', { name: 'Width of message' }).selectOption('280 px');
  await dialog.getByRole('combobox', { name: 'Order of the rows' }).selectOption('Last row first');
  await page.keyboard.press('Escape');
  const chosen = ['Row', 'urgent', 'message', 'Status', 'Completed', 'Took', 'topic'];
  await expect(heads(page)).toHaveText(chosen);
  await page.reload();
  await expect(heads(page)).toHaveText(chosen);
  expect((await heads(page).nth(2).boundingBox())?.width).toBeCloseTo(280, 0);
  await expect(heads(page).first()).toHaveAttribute('aria-sort', 'descending');
  await expect(grid(page).getByRole('row').nth(1).getByRole('gridcell').first()).toHaveText('8');
  await heads(page).getByRole('button', { name: 'Completed' }).click();
  await expect(page).toHaveURL(/sort=time/);
  // Another order is another grid: the edge is that of the new one.
  await expect(heads(page).filter({ hasText: 'Completed' })).toHaveAttribute('aria-sort', 'ascending');
  const edge = await heads(page).nth(2).boundingBox();
  await page.mouse.move((edge?.x ?? 0) + (edge?.width ?? 0) - 3, (edge?.y ?? 0) + 8);
  await page.mouse.down();
  await page.mouse.move((edge?.x ?? 0) + 400, (edge?.y ?? 0) + 8);
  await page.mouse.up();
  await expect(page).toHaveURL(/in\.message~40\d/);
});

test('pinned cells stick only where the grid scrolls sideways', async ({ page, service }) => {
  const { batch_id: id } = await createBatch(service, { table: tableOf(3) });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  const number = grid(page).getByRole('gridcell', { name: '2', exact: true });
  await page.goto(`/batches/${id}/rows?cols=!in.ticket,in.message`);
  await expect(number).toHaveCSS('position', 'static');
  await page.goto(`/batches/${id}/rows?cols=!in.ticket~200,in.message~1600,out.topic~900`);
  await expect(number).toHaveCSS('position', 'sticky');
  await grid(page).evaluate((table) => table.parentElement?.scrollTo({ left: 600 }));
  await expect(number).toBeInViewport({ ratio: 1 });
  await expect(heads(page).first()).toBeInViewport({ ratio: 1 });
  await expect(grid(page).getByRole('gridcell', { name: 'T-1002' })).toBeInViewport({ ratio: 1 });
  // The row's lines and background reach as far as its cells.
  const [row, last] = await Promise.all([
    grid(page).getByRole('row').nth(1).boundingBox(),
    grid(page).getByRole('row').nth(1).getByRole('gridcell').last().boundingBox(),
  ]);
  expect((row?.x ?? 0) + (row?.width ?? 0)).toBeCloseTo((last?.x ?? 0) + (last?.width ?? 0), 0);
});

test('changes of the columns that come in one moment all count, and a narrow screen has room for each', async ({
  page,
  service,
}) => {
  const { batch_id: id } = await createBatch(service);
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`/batches/${id}/rows`);
  await expect(heads(page).last()).toHaveText('topic');
  await page.getByRole('button', { name: 'Columns' }).click();
  const line = page.getByRole('dialog').getByRole('listitem').filter({ hasText: 'ticket (table)' });
  const [name, pinned] = await Promise.all(
    ['ticket (table)', 'Stays at the left'].map((text) => line.getByText(text).boundingBox()),
  );
  expect((name?.y ?? 0) + (name?.height ?? 0)).toBeLessThanOrEqual(pinned?.y ?? 0);
  // No frame is drawn between the clicks.
  await page.getByRole('dialog').evaluate((dialog) => {
    for (const name of ['Started', 'Took', 'ticket (table)'])
      [...dialog.querySelectorAll('label')].find(({ textContent }) => textContent === name)?.click();
    dialog.querySelector<HTMLElement>('[aria-label="Move urgent up"]')?.click();
  });
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(heads(page)).toHaveText(['Row', 'message', 'Status', 'Completed', 'urgent', 'topic']);
});

test('J and K go through the filtered rows and end with them, and Escape leaves the focus at the row', async ({
  page,
  service,
}) => {
  service.model.answerWith(refuse);
  const { batch_id: id } = await createBatch(service, { table: tableOf(9) });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.goto(`/batches/${id}/rows?status=failed&row=4`);
  await expect(page.getByRole('button', { name: 'Next row' })).toBeEnabled();
  await page.keyboard.press('j');
  await expect(panel(page, 7)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Next row' })).toBeDisabled();
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await expect(panel(page, 4)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(grid(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel(page, 4)).toBeVisible();
});

test('R runs one failed row again, and no other one', async ({ page, service }) => {
  service.model.answerWith(refuse);
  const { batch_id: id } = await createBatch(service, { table: tableOf(6) });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  service.model.answerWith(echoAnswer);
  await page.goto(`/batches/${id}/rows?row=1`);
  await expect(panel(page, 1).getByText('Failed')).toBeVisible();
  await page.keyboard.press('r');
  await expect(page.getByRole('dialog', { name: 'Run row 1 again?' })).toBeVisible();
  await page.getByRole('button', { name: /^Run them|^Run it/ }).click();
  await expect(panel(page, 1).getByText('Succeeded')).toBeVisible();
  await expect(panel(page, 1).getByText('Attempt 2')).toBeVisible();
  const { counts } = await untilBatch(service, id, ({ status }) => status === 'completed');
  expect(counts).toMatchObject({ succeeded: 5, failed: 1 });
});

test('a failed row runs again from its line, by its button or by R, while the others of the batch still run', async ({
  page,
  service,
}) => {
  service.model.answerWith(refuse);
  service.model.hold();
  const { batch_id: id } = await createBatch(service, { table: tableOf(6), options: { concurrency: 3 } });
  await untilBatch(service, id, ({ counts }) => counts.running > 0);
  service.model.allow(3);
  await untilBatch(service, id, ({ counts }) => counts.failed === 1);
  await page.goto(`/batches/${id}/rows`);
  const line = grid(page).getByRole('row', { name: /^1 T-1001/ });
  await line.getByRole('button', { name: 'Run row 1 again…' }).click();
  await expect(panel(page, 1)).toHaveCount(0);
  const dialog = page.getByRole('dialog', { name: 'Run row 1 again?' });
  await dialog.getByRole('button', { name: /^Run/ }).click();
  await expect(dialog).toHaveCount(0);
  // Another row fails, and this one does not.
  service.model.answerWith((request) =>
    /\(4\)/.test(JSON.stringify(inputOf(request))) ? refuse(request) : echoAnswer(request),
  );
  service.model.release();
  const { counts } = await untilBatch(service, id, ({ status }) => status === 'completed');
  expect(counts).toMatchObject({ succeeded: 5, failed: 1 });
  await expect(grid(page).getByText('Failed')).toHaveCount(1);
  await grid(page).focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('r');
  await expect(page.getByRole('dialog', { name: 'Run row 4 again?' })).toBeVisible();
});

test('rows at once and the cap are changed while the batch runs', async ({ page, service }) => {
  service.model.hold();
  const { batch_id: id } = await createBatch(service, { table: tableOf(9), options: { concurrency: 2 } });
  await page.goto(`/batches/${id}/rows`);
  await expect.poll(() => service.model.waiting()).toBe(1);
  // The first row runs alone.
  service.model.release(1);
  await expect.poll(() => service.model.waiting()).toBe(2);
  const concurrency = page.getByRole('group', { name: 'Rows at once' });
  await concurrency.getByRole('button', { name: 'More rows at once' }).click({ clickCount: 2 });
  await expect(concurrency.getByRole('status')).toHaveText('4');
  await expect.poll(() => service.model.waiting()).toBe(4);
  await page.getByRole('button', { name: 'change' }).click();
  await expectAccessible(page);
  await page.getByRole('textbox').fill('none');
  await expect(page.getByText('Give an amount above 0')).toBeVisible();
  await page.getByRole('textbox').fill('2.5');
  await page.getByRole('button', { name: 'Spend up to $2.5' }).click();
  await expect(page.getByText('cap $2.50')).toBeVisible();
  const { options } = await service.send<{ options: object }>('GET', `/v1/batches/${id}`);
  expect(options).toMatchObject({ concurrency: 4, max_cost_usd: 2.5 });
  service.model.release();
});

test('the payload marks what fits the schema and what does not', async ({ page, service }) => {
  service.model.answerWith((request) => {
    if (!/charged twice/.test(JSON.stringify(inputOf(request)))) return echoAnswer(request);
    return { content: [{ type: 'text', text: '{"topic":"billing","urgent":"very"}' }] };
  });
  const { batch_id: id } = await createBatch(service);
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.goto(`/batches/${id}/rows?row=0&tab=payload`);
  await expect(panel(page, 0).getByRole('img', { name: 'fits the schema' })).toHaveCount(2);
  await expect(page.getByRole('button', { name: 'Next row' })).toBeEnabled();
  await page.keyboard.press('j');
  await expect(panel(page, 1).getByText('very', { exact: true })).toBeVisible();
  await expect(panel(page, 1).getByRole('img', { name: 'does not fit the schema' })).toHaveCount(1);
  await expectAccessible(page);
});

test('a big value is cut, shown whole at a click, and downloaded whole', async ({ page, service }) => {
  const message = 'Where is my order? '.repeat(300).trim();
  const { batch_id: id } = await createBatch(service, { table: `ticket,message\nT-1,${message}\n` });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.goto(`/batches/${id}/rows?row=0&tab=row`);
  const shown = panel(page, 0)
    .getByRole('tabpanel')
    .getByText(/^Where is my order/);
  await expect(shown).toHaveText(message.slice(0, 4000).trim());
  await expect(panel(page, 0).getByRole('term')).toHaveText(['ticket', 'message']);
  const file = await takeDownload(page, () => panel(page, 0).getByRole('button', { name: 'Download' }).click());
  expect(file.toString()).toBe(message);
  await panel(page, 0).getByRole('button', { name: '1,699 more characters' }).click();
  await expect(shown).toHaveText(message);
});

test('a click on a state of the flow opens the rows with which the batch entered and left it', async ({
  page,
  service,
}) => {
  const { batch_id: id } = await createBatch(service, { options: { sample: 1 } });
  await untilBatch(service, id, ({ status }) => status === 'paused');
  await page.goto(`/batches/${id}/flow`);
  await page.getByRole('button', { name: /^Paused/ }).click();
  await expect(page).toHaveURL(/state=paused/);
  const detail = page.getByRole('region', { name: 'Paused' });
  await expect(detail).toContainText('its sample was done');
  await expect(detail).toContainText('1 succeeded, 0 failed');
  await expectAccessible(page);
});
