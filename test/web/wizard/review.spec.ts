import { expectAccessible } from '../support/accessible.ts';
import { untilBatch } from '../support/create-batch.ts';
import { expect, test } from '../support/fixtures.ts';
import type { Schemas } from '../support/service.ts';
import { draftOf, open, question } from '../support/wizard.ts';

test('the review has the count of the server, and a double click on Start makes one batch', async ({
  page,
  service,
}) => {
  const id = await open(page, service, 'review', question('Sort {{message}}'));
  const start = page.getByRole('button', { name: /^Start 3 rows, / });
  await expect(start).toBeEnabled();
  await expectAccessible(page);
  await start.dblclick();
  await expect(page).toHaveURL(/\/batches\/bat_/);
  const { items } = await service.send<{ items: Schemas['Batch'][] }>('GET', '/v1/batches');
  expect(items).toHaveLength(1);
  const done = await untilBatch(service, items[0]?.batch_id ?? '', ({ status }) => status === 'completed');
  expect(done.counts.total).toBe(3);
  await expect(draftOf(service, id)).rejects.toThrow();
});

test('a price that is still on its way is not called unknown', async ({ page, service }) => {
  await page.route('**/v1/estimates', () => undefined);
  await open(page, service, 'review', question('Sort {{message}}'));
  await expect(page.getByRole('button', { name: 'Start 3 rows', exact: true })).toBeDisabled();
  await expect(page.getByText('price unknown')).toHaveCount(0);
});

test('an unknown price is called unknown', async ({ page, service }) => {
  const target = { ...question('Sort {{message}}').target, model: 'anthropic/claude-of-tomorrow-9' };
  await open(page, service, 'review', { target, options: {} });
  await expect(page.getByRole('button', { name: 'Start 3 rows, price unknown' })).toBeVisible();
  await expect(page.getByText('The price of this model is unknown').first()).toBeVisible();
  await expect(page.getByRole('main').getByText('$0.00')).toHaveCount(0);
});
