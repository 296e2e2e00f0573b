import { expectAccessible } from './support/accessible.ts';
import { expect, test } from './support/fixtures.ts';

test.use({ command: ['demo', '--web'] });

test('rowmill demo --web has a ready draft, says what is a stand-in, and answers every row without a key', async ({
  page,
  service,
}) => {
  await page.goto('/');
  await expect(page.getByText('This is the demo: scripts replace the models')).toBeVisible();
  await expectAccessible(page);
  const draft = page.getByRole('region', { name: 'Or go on with a draft' }).getByRole('link');
  await expect(draft).toHaveText('Broadband of our customers');
  await draft.click();
  await expect(page).toHaveURL(/\/new\/dra_\w+\//);
  await expect(page.getByText('This is the demo: scripts replace the models')).toBeVisible();
  const [kept] = (await service.send<{ items: { request: object }[] }>('GET', '/v1/drafts')).items;
  const plan = await service.send<{ problems: unknown[]; row_count: number }>('POST', '/v1/estimates', kept?.request);
  expect(plan).toMatchObject({ problems: [], row_count: 14 });
  await service.send('POST', '/v1/batches', { ...kept?.request, accepted_usd: 1 });
  await page.goto('/batches');
  const line = page.getByRole('row').filter({ hasText: 'Broadband of our customers' });
  await expect(line.getByText('Completed').filter({ visible: true })).toBeVisible();
  await expect(line.getByRole('img', { name: '13 succeeded, 1 failed, 0 running, of 14' })).toBeVisible();
  await expect(line).toContainText('addresses.csv');
  await expect(line).toContainText('scripted stand-in');
});
