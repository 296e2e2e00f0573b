import { expectAccessible } from './support/accessible.ts';
import { expect, test } from './support/fixtures.ts';

test('each tab of the settings has its address, and no axe fault', async ({ page }) => {
  await page.goto('/settings');
  await expect(page.getByRole('row').filter({ hasText: 'anthropic' }).getByText('Ready')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('tab', { name: 'Limits' }).click();
  await expect(page).toHaveURL(/\?tab=limits$/);
  await expect(page.getByRole('row').filter({ hasText: 'All calls of a day may cost' })).toContainText('no cap');
  await expect(page.getByRole('row').filter({ hasText: 'One uploaded file may have' })).toContainText('4 GB');
  await expectAccessible(page);
  await page.getByRole('tab', { name: 'Prices' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'anthropic/claude-haiku-5-5' })).toContainText('$0.50');
  await expectAccessible(page);
  await page.goBack();
  await expect(page.getByRole('tab', { name: 'Limits' })).toHaveAttribute('aria-selected', 'true');
});

test.describe('with a daily cap', () => {
  test.use({ environment: { ROWMILL_MAX_USD_PER_DAY: '25' } });

  test('the cap stands beside what the day has cost', async ({ page }) => {
    await page.goto('/settings?tab=limits');
    await expect(page.getByText('of $25.00 today').filter({ visible: true })).toBeVisible();
    await expect(page.getByRole('row').filter({ hasText: 'All calls of a day may cost' })).toContainText('$25.00');
  });
});

test('the first key is shown once, signs this browser in, and locks the server', async ({ page, service }) => {
  await page.goto('/settings?tab=keys');
  await page.getByRole('button', { name: 'Make a key' }).click();
  const form = page.getByRole('dialog', { name: 'Make a key' });
  await form.getByLabel('Name').fill('first');
  await form.getByLabel('Dollars a day').fill('many');
  await expect(form.getByText('Write a number of dollars')).toBeVisible();
  await expect(form.getByRole('button', { name: 'Make the key' })).toBeDisabled();
  await expectAccessible(page);
  await form.getByLabel('Dollars a day').fill('2,50');
  await form.getByRole('button', { name: 'Make the key' }).click();
  const made = page.getByRole('dialog', { name: 'The key “first”' });
  const secret = await made.getByRole('textbox', { name: 'The key' }).inputValue();
  await expectAccessible(page);
  await made.getByRole('button', { name: 'I have copied it' }).click();
  const line = page.getByRole('row').filter({ hasText: 'first' });
  await expect(line).toContainText('$2.50');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect((await fetch(`${service.url}/v1/batches`)).status).toBe(401);
  const headers = { authorization: `Bearer ${secret}` };
  expect((await fetch(`${service.url}/v1/batches`, { headers })).status).toBe(200);
  await expectAccessible(page);
  await line.getByRole('button', { name: 'Revoke…' }).click();
  await page.getByRole('dialog', { name: 'Revoke “first”?' }).getByRole('button', { name: 'Revoke the key' }).click();
  await expect.poll(async () => (await fetch(`${service.url}/v1/batches`, { headers })).status).not.toBe(200);
});

test.describe('with a key of the environment', () => {
  test.use({ keys: ['admin-key'] });

  test('a lost key asks again, and what was typed stays', async ({ page, context }) => {
    await page.goto('/settings?tab=keys');
    const dialog = page.getByRole('dialog', { name: 'Sign in' });
    const signIn = async () => {
      await dialog.getByLabel('Key of this server').fill('admin-key');
      await page.keyboard.press('Enter');
      await expect(dialog).toHaveCount(0);
    };
    await signIn();
    await expect(page.getByText('set by ROWMILL_API_KEYS')).toBeVisible();
    await page.getByRole('button', { name: 'Make a key' }).click();
    const form = page.getByRole('dialog', { name: 'Make a key' });
    await form.getByLabel('Name').fill('a program');
    await context.clearCookies();
    await form.getByRole('button', { name: 'Make the key' }).click();
    await expect(dialog).toBeVisible();
    await signIn();
    await expect(page.getByRole('dialog', { name: 'The key “a program”' })).toBeVisible();
  });

  test('signing out asks for a key', async ({ page }) => {
    await page.goto('/settings');
    const dialog = page.getByRole('dialog', { name: 'Sign in' });
    await dialog.getByLabel('Key of this server').fill('admin-key');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(dialog).toBeVisible();
  });
});
