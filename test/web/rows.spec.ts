import type { Locator, Page } from '@playwright/test';
import { echoAnswer, inputOf } from '../support/echo-agent.ts';
import { expectAccessible } from './support/accessible.ts';
import { createBatch, untilBatch } from './support/create-batch.ts';
import { expect, test } from './support/fixtures.ts';
import { tableOf } from './support/sample.ts';

test.use({ shares: true });

const grid = (page: Page) => page.getByRole('grid', { name: 'Rows of the batch' });
const chips = (page: Page) => page.getByRole('group', { name: 'Rows by status and error' });

/** Every row whose message is of a refund fails. */
const refuse = (request: Parameters<typeof echoAnswer>[0]) =>
  /charged twice/.test(JSON.stringify(inputOf(request)))
    ? { fault: 'status' as const, status: 400, type: 'invalid_request_error', message: 'It is refused.' }
    : echoAnswer(request);

test('statuses and money of the rows change without a reload, and closing the tab stops nothing', async ({
  page,
  service,
}) => {
  service.model.hold();
  const { batch_id: id } = await createBatch(service, { table: tableOf(6), name: 'Live rows' });
  await page.goto(`/batches/${id}/rows`);
  await expect(grid(page).getByText('Running').first()).toBeVisible();
  await expectAccessible(page);
  service.model.allow(1);
  await expect(grid(page).getByText('Succeeded')).toHaveCount(1);
  await page.close();
  service.model.release();
  const done = await untilBatch(service, id, ({ status }) => status === 'completed');
  expect(done.counts.succeeded).toBe(6);
});

test('chips have exact counts, stand in the address, and Back undoes them', async ({ page, service }) => {
  service.model.answerWith(refuse);
  const { batch_id: id } = await createBatch(service, { table: tableOf(9) });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.goto(`/batches/${id}/rows`);
  await expect(chips(page).getByRole('button')).toHaveText(['All9', 'Succeeded6', 'Failed3', /3$/]);
  await chips(page).getByRole('button').last().click();
  await expect(page).toHaveURL(/status=failed&error=/);
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '4');
  await expect(grid(page).getByText('Failed')).toHaveCount(3);
  await expectAccessible(page);
  await page.goBack();
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '10');
  await page.getByRole('searchbox').fill('(4)');
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '2');
  await expect(page).toHaveURL(/q=/);
});

test('what is new in a filter waits behind a button, and nothing jumps', async ({ page, service }) => {
  service.model.hold();
  const { batch_id: id } = await createBatch(service, { table: tableOf(9), options: { concurrency: 3 } });
  await untilBatch(service, id, ({ counts }) => counts.running > 0);
  service.model.allow(2);
  await untilBatch(service, id, ({ counts }) => counts.succeeded === 2);
  await page.goto(`/batches/${id}/rows?status=succeeded`);
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '3');
  service.model.allow(2);
  const pill = page.getByRole('button', { name: '2 rows changed, show' });
  await expect(pill).toBeVisible();
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '3');
  await expectAccessible(page);
  await pill.click();
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '5');
  await expect(pill).toHaveCount(0);
});

test('a batch is cancelled after a question, and keeps what is paid', async ({ page, service }) => {
  service.model.hold();
  const { batch_id: id } = await createBatch(service, { table: tableOf(60), options: { concurrency: 3 } });
  await untilBatch(service, id, ({ counts }) => counts.running > 0);
  service.model.allow(2);
  await untilBatch(service, id, ({ counts }) => counts.succeeded === 2);
  await page.goto(`/batches/${id}/rows`);
  await page.getByRole('button', { name: 'Cancel…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel this batch?' });
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Cancel the batch' }).click();
  await expect(dialog).toHaveCount(0);
  // Calls in flight end; what starts before the batch sees the request ends, too.
  const done = await untilBatch(service, id, ({ status }) => {
    service.model.release(service.model.waiting());
    return status === 'cancelled';
  });
  expect(done.counts.succeeded).toBeGreaterThan(2);
  await expect(page.getByRole('navigation', { name: 'Views of the batch' })).toContainText('Cancelled');
  await expect(page.getByRole('button', { name: 'Pause' })).toHaveCount(0);
  await expect(chips(page).getByRole('button', { name: /^Not run/ })).toBeVisible();
});

test('a retry runs only the filtered rows, and a number that changed is refused', async ({ page, service }) => {
  service.model.answerWith(refuse);
  const { batch_id: id } = await createBatch(service, { table: tableOf(6) });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.goto(`/batches/${id}/rows`);
  const again = page.getByRole('button', { name: 'Run 2 failed rows again…' });
  await again.click();
  await expect(page.getByRole('dialog')).toContainText('Only these rows run');
  await expectAccessible(page);
  service.model.answerWith(echoAnswer);
  await service.send('POST', `/v1/batches/${id}/retry`, { row: 1, accepted_usd: 1 });
  await untilBatch(service, id, ({ status, counts }) => status === 'completed' && counts.failed === 1);
  await page.getByRole('button', { name: /^Run them/ }).click();
  await expect(page.getByRole('dialog').getByRole('alert')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Run 1 failed row again…' }).click();
  await page.getByRole('button', { name: /^Run them/ }).click();
  const done = await untilBatch(service, id, ({ status, counts }) => status === 'completed' && counts.failed === 0);
  expect(done.model_calls).toBe(6);
});

test('a link opens the row, its tabs show all of it, and Escape gives the focus back', async ({ page, service }) => {
  const { batch_id: id } = await createBatch(service);
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.goto(`/batches/${id}/rows?row=1`);
  const panel = page.getByRole('complementary', { name: 'Row 1' });
  await expect(panel.getByText('Model call')).toBeVisible();
  await expect(panel.getByText(/^\d+\.\d\d s$/)).toBeVisible();
  await expectAccessible(page);
  await panel.getByRole('tab', { name: 'Payload' }).click();
  await expect(panel.getByText('topic')).toBeVisible();
  await panel.getByRole('tab', { name: 'Original row' }).click();
  await expect(panel.getByText('I was charged twice')).toBeVisible();
  await panel.getByRole('tab', { name: 'Rendered prompt' }).click();
  await expect(panel.getByText('Classify this message: I was charged twice')).toBeVisible();
  await panel.getByRole('heading', { name: 'Row 1' }).click();
  await expect(panel.getByRole('button', { name: 'Next row' })).toBeEnabled();
  await page.keyboard.press('j');
  await expect(page).toHaveURL(/row=2/);
  await page.keyboard.press('Escape');
  await expect(page).not.toHaveURL(/row=/);
  await expect(grid(page)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/row=1/);
});

test('End reaches the last of many rows with few of them in the document', async ({ page, service }) => {
  const { batch_id: id } = await createBatch(service, { table: tableOf(20_000), options: { sample: 1 } });
  await untilBatch(service, id, ({ status }) => status === 'paused');
  await page.goto(`/batches/${id}/rows`);
  await grid(page).focus();
  await page.keyboard.press('End');
  await expect(grid(page).getByText('19,999', { exact: true })).toBeVisible();
  await expect(grid(page).getByText(/\(19999\)/)).toBeVisible();
  expect(await grid(page).getByRole('row').count()).toBeLessThan(80);
  await page.keyboard.press('PageUp');
  await page.keyboard.press('Home');
  await expect(grid(page).getByText('T-1000', { exact: true })).toBeVisible();
});

test('a fault of the server is an error with an id, never "no results"', async ({ page, service }) => {
  const { batch_id: id } = await createBatch(service);
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.route('**/v1/batches/*/rows?*', (route) =>
    route.fulfill({
      status: 500,
      contentType: 'application/problem+json',
      body: '{"detail":"It broke.","code":"internal"}',
    }),
  );
  await page.goto(`/batches/${id}/rows`);
  await expect(page.getByRole('alert')).toContainText('It broke.');
  await expect(page.getByText('There are no rows yet.')).toBeHidden();
  await page.unroute('**/v1/batches/*/rows?*');
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(grid(page)).toBeVisible();
});

test('the flow shows the states, pausing and going on', async ({ page, service }) => {
  const { batch_id: id } = await createBatch(service, { options: { sample: 1 } });
  await page.goto(`/batches/${id}/flow`);
  const states = page.getByRole('list', { name: 'The way of the batch through its states' });
  await expect(states.getByRole('listitem').filter({ hasText: 'Paused' })).toContainText('now');
  await expectAccessible(page);
  await expect(states.getByRole('button', { name: /^Completed/ })).toContainText('not begun');
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(states.getByRole('button', { name: /^Completed/ })).toContainText('3 succeeded, 0 failed');
  await expect(states.getByRole('button', { name: /^Running/ })).toContainText('2 visits3 of 3 rows');
});

/** Holds each answer of these requests, as it was read, until something is visible. Returns when one is held. */
async function delay(page: Page, path: string | RegExp, until: Locator): Promise<{ held: Promise<void> }> {
  const { promise: held, resolve } = Promise.withResolvers<void>();
  await page.route(path, async (route) => {
    const response = await route.fetch();
    resolve();
    await until.waitFor();
    await route.fulfill({ response });
  });
  return { held };
}

const status = (page: Page, word: string) =>
  page.getByRole('navigation', { name: 'Views of the batch' }).getByText(word);

test('a poll of the flow that is older than the end of the batch is read again', async ({ page, service }) => {
  service.model.hold();
  const { batch_id: id } = await createBatch(service, { table: tableOf(3) });
  await untilBatch(service, id, ({ counts }) => counts.running > 0);
  const current = page.getByRole('list', { name: 'The way of the batch through its states' }).locator('[aria-current]');
  await page.goto(`/batches/${id}/flow`);
  await expect(current).toContainText('Running');
  await (await delay(page, '**/v1/batches/*/flow*', status(page, 'Completed'))).held;
  service.model.release();
  await expect(current).toContainText('Completed');
  await page.unrouteAll({ behavior: 'wait' });
});

test('polls of rows, counts and the open row that are older than the end are read again', async ({ page, service }) => {
  service.model.hold();
  const { batch_id: id } = await createBatch(service, { table: tableOf(3) });
  await untilBatch(service, id, ({ counts }) => counts.running > 0);
  await page.goto(`/batches/${id}/rows?row=1`);
  const panel = page.getByRole('complementary', { name: 'Row 1' });
  await expect(panel.getByRole('tab', { name: 'Trace' })).toBeVisible();
  const lists = await delay(page, '**/v1/batches/*/rows?*', status(page, 'Completed'));
  const rows = await delay(page, '**/v1/batches/*/rows/1', status(page, 'Completed'));
  await Promise.all([lists.held, rows.held]);
  service.model.release();
  await expect(grid(page).getByText('Succeeded')).toHaveCount(3);
  await expect(chips(page).getByRole('button')).toHaveText(['All3', 'Succeeded3']);
  await expect(panel.getByText(/^\d+\.\d\d s$/)).toBeVisible();
  await page.unrouteAll({ behavior: 'wait' });
});

test('a first read of rows that is older than the end is read again', async ({ page, service }) => {
  service.model.hold();
  const { batch_id: id } = await createBatch(service, { table: tableOf(3) });
  await untilBatch(service, id, ({ counts }) => counts.running > 0);
  const first = await delay(page, `**/v1/batches/${id}/rows?*limit=100*`, status(page, 'Completed'));
  await page.goto(`/batches/${id}/rows`);
  await first.held;
  service.model.release();
  await expect(grid(page).getByText('Succeeded')).toHaveCount(3);
  await page.unrouteAll({ behavior: 'wait' });
});

test('a read that is older than a live report does not replace it', async ({ page, service }) => {
  service.model.hold();
  const { batch_id: id } = await createBatch(service, { table: tableOf(3), options: { sample: 1 } });
  await untilBatch(service, id, ({ counts }) => counts.running > 0);
  const path = new RegExp(`/v1/batches/${id}$`);
  const resume = page.getByRole('button', { name: 'Resume' });
  const { held } = await delay(page, path, resume);
  const old = page.waitForResponse(path);
  await page.goto(`/batches/${id}/rows`);
  await held;
  service.model.release();
  await (await old).finished();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await expect(resume).toBeVisible();
  await page.unrouteAll({ behavior: 'wait' });
});
