import type { Locator, Page } from '@playwright/test';
import { TABLE } from '../support/create-batch.ts';
import { expect, test } from '../support/fixtures.ts';

test.use({ shares: true });

const next = (page: Page) => page.getByRole('button', { name: /^Next:/ });
const answers = (page: Page) => page.getByRole('gridcell', { name: /^echo:/ });

test('the wizard goes from a dropped table to the first answers with the mouse alone', async ({ page }) => {
  test.slow();
  await page.addInitScript(() => {
    for (const kind of ['keydown', 'keypress', 'keyup']) {
      document.addEventListener(kind, () => Object.assign(globalThis, { usedKeys: true }), true);
    }
  });
  await page.goto('/batches');
  await page.getByRole('link', { name: 'New batch' }).first().click();
  const zone = page.getByText('Drop a table here');
  await expect(zone).toBeVisible();
  const dropped = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], 'tickets.csv'));
    return transfer;
  }, TABLE);
  await zone.dispatchEvent('drop', { dataTransfer: dropped });
  await expect(page.getByText('First 3 of 3 rows')).toBeVisible();
  await page.getByRole('button', { name: /^Next: columns/i }).click();
  await page.getByRole('button', { name: /^Next: prompt/i }).click();
  await page.getByRole('button', { name: 'Insert a column' }).click();
  await page.getByRole('option', { name: /^message/ }).click();
  await expect(page.getByRole('textbox', { name: 'Prompt', exact: true })).toHaveValue('{{message}}');
  await page.getByRole('button', { name: /^Next: schema/i }).click();
  await page.getByRole('button', { name: /^Next: review/i }).click();
  await page.getByRole('button', { name: /^Start 3 rows, / }).click();
  await expect(page).toHaveURL(/\/batches\/bat_\w+/);
  await expect(answers(page)).toHaveCount(3);
  expect(await page.evaluate(() => 'usedKeys' in globalThis)).toBe(false);
});

/** Goes on with Tab until a control has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeEnabled();
  const isThere = () => target.evaluate((element) => element === document.activeElement);
  for (let presses = 0; presses < 60; presses += 1) {
    if (await isThere()) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('Tab does not lead there.');
}

test('the wizard goes from a chosen table to the first answers with the keyboard alone', async ({ page }) => {
  test.slow();
  await page.addInitScript(() => {
    // A key that presses a button makes a click without a pointer.
    document.addEventListener('pointerdown', () => Object.assign(globalThis, { usedMouse: true }), true);
  });
  // Waiting begins early, because a dialog that opens before is not seen.
  const choosing = page.waitForEvent('filechooser');
  await page.goto('/batches');
  await tabTo(page, page.getByRole('link', { name: 'New batch' }).first());
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByText('Choose a file'));
  await page.keyboard.press('Enter');
  await (await choosing).setFiles({ name: 'tickets.csv', mimeType: 'text/csv', buffer: Buffer.from(TABLE) });
  await expect(page.getByText('First 3 of 3 rows')).toBeVisible();
  await expect(next(page)).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL(/\/columns$/);
  await tabTo(page, page.getByRole('button', { name: /^Next: prompt/i }));
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('textbox', { name: 'Prompt', exact: true }));
  await page.keyboard.type('Sort this: {{me');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Prompt', exact: true })).toHaveValue('Sort this: {{message}}');
  await expect(next(page)).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL(/\/schema$/);
  await tabTo(page, page.getByLabel('Name of field 1'));
  await page.keyboard.press('Control+A');
  await page.keyboard.type('topic');
  await expect(next(page)).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL(/\/review$/);
  await expect(page.getByRole('button', { name: /^Start 3 rows, / })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL(/\/batches\/bat_\w+/);
  await expect(answers(page)).toHaveCount(3);
  expect(await page.evaluate(() => 'usedMouse' in globalThis)).toBe(false);
});
