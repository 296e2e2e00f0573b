import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expectAccessible } from './support/accessible.ts';
import { createBatch, untilBatch } from './support/create-batch.ts';
import { expect, test } from './support/fixtures.ts';

test('the shell shows in both themes, without an axe fault', async ({ page }) => {
  await page.goto('/');
  await expect(page).toHaveURL(/\/batches$/);
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Batches' })).toHaveAttribute(
    'aria-current',
    'page',
  );
  await expect(page.getByText('spent today').filter({ visible: true })).toBeVisible();
  await expectAccessible(page);
});

test('a chosen theme is there before the first paint of the next visit', async ({ page }) => {
  await page.goto('/settings');
  await page.getByRole('combobox', { name: 'Theme of this browser' }).selectOption('Dark');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.route('**/assets/*.js', (route) => route.abort());
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.locator('body')).toHaveCSS('background-color', 'rgb(18, 19, 17)');
});

test('the document allows neither foreign origins nor inline code', async ({ request }) => {
  const headers = (await request.get('/batches')).headers();
  expect(headers['content-security-policy']).toContain("default-src 'self'");
  expect(headers['content-security-policy']).not.toContain('unsafe');
});

test('the list of keys opens by ? and closes by Escape', async ({ page }) => {
  await page.goto('/batches');
  await expect(page.getByRole('heading', { name: 'Batches' })).toBeVisible();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('narrow screens have a menu with every place', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/batches');
  await page.getByRole('button', { name: 'Menu' }).click();
  await expectAccessible(page);
  await page.getByRole('dialog').getByRole('link', { name: 'Agents' }).click();
  await expect(page).toHaveURL(/\/agents$/);
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('an unknown address says so, with a way out', async ({ page }) => {
  await page.goto('/batches');
  await page.evaluate(() => history.pushState(null, '', '/settings/nothing'));
  await page.reload();
  await expect(page.getByRole('heading', { name: 'There is no such page' }).first()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Show all batches' }).click();
  await expect(page).toHaveURL(/\/batches$/);
});

test('a server that is gone shows "reconnecting", and the page goes on when it is back', async ({ page, service }) => {
  await page.goto('/batches');
  await expect(page.getByText('spent today').filter({ visible: true })).toBeVisible();
  await service.kill();
  await expect(page.getByText('Reconnecting to the server.')).toBeVisible();
  await expectAccessible(page);
  await service.start();
  await expect(page.getByText('Reconnecting to the server.')).toHaveCount(0);
  await expect(page.getByText('Connected')).toBeVisible();
});

test('the harness: a held model keeps a batch running until it is released', async ({ service }) => {
  service.model.hold();
  const { batch_id: id } = await createBatch(service);
  await expect.poll(() => service.model.waiting()).toBe(1);
  service.model.release();
  const batch = await untilBatch(service, id, ({ status }) => status === 'completed');
  expect(batch.counts).toMatchObject({ succeeded: 3, failed: 0 });
});

test.describe('with a key', () => {
  test.use({ keys: ['a-secret-key'] });

  test('signing in is asked for over the page, refuses a wrong key, and lasts', async ({ page }) => {
    await page.goto('/settings');
    const dialog = page.getByRole('dialog', { name: 'Sign in' });
    await expect(dialog).toBeVisible();
    await expectAccessible(page);
    await dialog.getByLabel('Key of this server').fill('wrong');
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await expect(dialog.getByText('The key is unknown')).toBeVisible();
    await dialog.getByLabel('Key of this server').fill('a-secret-key');
    await page.keyboard.press('Enter');
    await expect(dialog).toHaveCount(0);
    await expect(page.getByText('spent today').filter({ visible: true })).toBeVisible();
    await page.reload();
    await expect(page.getByText('spent today').filter({ visible: true })).toBeVisible();
    await expect(page.getByRole('dialog')).toHaveCount(0);
    expect(await page.evaluate(() => [document.cookie, JSON.stringify({ ...localStorage })])).toEqual(['', '{}']);
  });
});

test('a screen stays when the part that shows the money of the day can not be loaded', async ({ page }) => {
  const manifest = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../dist/web/manifest.json'), 'utf8'));
  const { file } = manifest['src/app/day-money.tsx'];
  const missed = page.waitForEvent('requestfailed', (request) => request.url().endsWith(file));
  await page.route(`**/${file}`, (route) => route.abort());
  await page.goto('/batches');
  await missed;
  await page.getByRole('link', { name: 'Agents' }).click();
  await expect(page.getByRole('heading', { name: 'Agents' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Settings' })).toBeVisible();
});
