import { expectAccessible } from './support/accessible.ts';
import { createBatch, untilBatch } from './support/create-batch.ts';
import { expect, test } from './support/fixtures.ts';

test('without a batch there is one action, and a dropped table opens the wizard', async ({ page }) => {
  await page.goto('/batches');
  await expect(page.getByRole('heading', { name: 'Give every row of a table an answer' })).toBeVisible();
  await expect(page.getByRole('main').getByRole('link', { name: 'Choose a table' })).toHaveAttribute('href', '/new');
  await expectAccessible(page);
  const dropped = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['a\n1\n'], 'a.csv'));
    return transfer;
  });
  await page.getByText('Drop a table here').dispatchEvent('drop', { dataTransfer: dropped });
  await expect(page).toHaveURL(/\/new/);
});

test('statuses, counts and money change without a reload', async ({ page, service }) => {
  service.model.hold();
  const { batch_id: id } = await createBatch(service, { name: 'Live one' });
  await page.goto('/batches');
  const line = page.getByRole('row').filter({ hasText: 'Live one' });
  await expect(line.getByText('Running').filter({ visible: true })).toBeVisible();
  await expect(line.getByText('0 of 3')).toBeVisible();
  await expect(line.getByText('tickets.csv')).toBeVisible();
  await expectAccessible(page);
  service.model.release();
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await expect(line.getByText('Completed').filter({ visible: true })).toBeVisible();
  await expect(line.getByText('100 %')).toBeVisible();
  await expect(line.getByRole('img', { name: '3 succeeded, 0 failed, 0 running, of 3' })).toBeVisible();
});

test('filters stand in the address, and Back undoes them', async ({ page, service }) => {
  const first = await createBatch(service, { name: 'Apples' });
  const second = await createBatch(service, { name: 'Pears', options: { sample: 1 } });
  await untilBatch(service, first.batch_id, ({ status }) => status === 'completed');
  await untilBatch(service, second.batch_id, ({ status }) => status === 'paused');
  await page.goto('/batches');
  const names = page.getByRole('table').getByRole('link');
  await expect(names).toHaveText(['Pears', 'Apples']);
  await page.getByRole('button', { name: 'Needs you' }).click();
  await expect(page).toHaveURL(/\?state=needs-you$/);
  await expect(names).toHaveText(['Pears']);
  await page.getByRole('button', { name: 'Needs you' }).click();
  await expect(names).toHaveText(['Pears', 'Apples']);
  await page.goBack();
  await expect(names).toHaveText(['Pears']);
  await page.goto('/batches');
  await expect(names).toHaveText(['Pears', 'Apples']);
  await page.keyboard.press('/');
  await page.keyboard.type('appl');
  await expect(names).toHaveText(['Apples']);
  await expect(page).toHaveURL(/\?q=appl$/);
  await page.reload();
  await expect(names).toHaveText(['Apples']);
  await page.getByRole('searchbox').fill('nothing');
  await expect(page.getByRole('heading', { name: 'No batch fits these filters' })).toBeVisible();
  // What waits does so whatever the list is filtered by.
  await expect(page.getByRole('region', { name: /^Money in / })).toContainText('Waits for you1 batch');
  await expectAccessible(page);
  await page.getByRole('main').getByRole('link', { name: 'Show all batches' }).click();
  await expect(names).toHaveText(['Pears', 'Apples']);
});

test('a draft with a long name is cut, and its menu stays inside a narrow window', async ({ page, service }) => {
  await createBatch(service, { name: 'Apples' });
  await service.send('POST', '/v1/drafts', { request: { name: 'Questions of customers '.repeat(8).trim() } });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/batches');
  await page.getByRole('button', { name: '1 draft' }).click();
  await expect(page.getByRole('menuitem')).toBeInViewport({ ratio: 1 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
});

test('arrows move between the lines, and Enter opens one', async ({ page, service }) => {
  await createBatch(service, { name: 'Apples' });
  const { batch_id: id } = await createBatch(service, { name: 'Pears' });
  await page.goto('/batches');
  await page.getByRole('link', { name: 'Apples' }).focus();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('link', { name: 'Pears' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/batches/${id}/rows$`));
});

test('a list that cannot be read says why, with an id, and never "nothing there"', async ({
  page,
  faults: _faults,
}) => {
  await page.route('**/v1/batches?*', (route) =>
    route.fulfill({
      status: 500,
      headers: { 'x-request-id': 'abc12345' },
      contentType: 'application/problem+json',
      body: JSON.stringify({
        title: 'Internal',
        status: 500,
        code: 'internal',
        detail: 'The request failed inside the server; its log says why.',
      }),
    }),
  );
  await page.goto('/batches');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('The request failed inside the server');
  await expect(alert).toContainText('abc12345');
  await expect(page.getByText('Give every row')).toHaveCount(0);
  await expectAccessible(page);
  await page.unroute('**/v1/batches?*');
  await alert.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByRole('heading', { name: 'Give every row of a table an answer' })).toBeVisible();
});
