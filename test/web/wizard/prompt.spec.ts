import { expectAccessible } from '../support/accessible.ts';
import { expect, test } from '../support/fixtures.ts';
import { draftOf, next, open, prompt, question, rendered } from '../support/wizard.ts';

test.use({ shares: true });

test('a reload in the middle brings the draft back', async ({ page, service }) => {
  const id = await open(page, service, 'prompt', question('About {{message}}'));
  await prompt(page).fill('What is {{message}} about?');
  await expect
    .poll(async () => JSON.stringify((await draftOf(service, id)).request.target))
    .toContain('What is {{message}} about?');
  await page.reload();
  await expect(prompt(page)).toHaveValue('What is {{message}} about?');
});

test('the menu of columns works by keyboard alone', async ({ page, service }) => {
  await open(page, service, 'prompt', question(''));
  await prompt(page).focus();
  await page.keyboard.type('Sort {{');
  await expect(page.getByRole('listbox').getByRole('option')).toHaveText([/ticket/, /message/]);
  await expect(page.getByRole('listbox').getByRole('option', { name: /ticket/ })).toHaveAttribute(
    'aria-selected',
    'true',
  );
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.type(' now, {{ti');
  await expect(page.getByRole('listbox').getByRole('option')).toHaveText([/ticket/]);
  await expectAccessible(page);
  await page.keyboard.press('Tab');
  await expect(prompt(page)).toHaveValue('Sort {{message}} now, {{ticket}}');
  await page.keyboard.type('{{');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('listbox')).toBeHidden();
  await expect(prompt(page)).toBeFocused();
});

test('the menu of columns is whole where the editor is short, and goes with the text', async ({ page, service }) => {
  const header = Array.from({ length: 30 }, (_, index) => `column_${index + 1}`).join(',');
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, service, 'prompt', question(''), `${header}\n${header}\n`);
  await prompt(page).focus();
  await page.keyboard.type('Sort {{');
  const menu = page.getByRole('listbox');
  await expect(menu).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Escape');
  await prompt(page).fill('Line\n'.repeat(40));
  await page.keyboard.press('Control+End');
  await page.keyboard.type('{{');
  await expect(menu).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('ArrowUp');
  await expect(menu.getByRole('option', { name: 'column_30' }).first()).toHaveAttribute('aria-selected', 'true');
});

test('the preview follows typing and the sample row', async ({ page, service }) => {
  await open(page, service, 'prompt', question('Sort {{message}}'));
  const shown = rendered(page).locator('p').first();
  await expect(shown).toHaveText('Sort Where is my order?');
  await prompt(page).fill('Name the topic of {{message}}');
  await expect(shown).toHaveText('Name the topic of Where is my order?');
  await page.getByRole('button', { name: 'Next row' }).click();
  await expect(shown).toHaveText('Name the topic of I was charged twice');
  await expect(page).toHaveURL(/row=1/);
  await page.getByRole('button', { name: 'Longest' }).click();
  await expect(shown).toHaveText('Name the topic of I was charged twice');
  await page.getByRole('button', { name: 'Emptiest' }).click();
  await expect(shown).toHaveText('Name the topic of The app is lovely');
});

test('an unknown token blocks Next, and is replaced everywhere by what was meant', async ({ page, service }) => {
  await open(page, service, 'prompt', question('{{mesage}} and {{ mesage }} of {{ticket}}'));
  await expect(page.getByRole('alert')).toContainText('Line 1: there is no column mesage. Did you mean message?');
  await expect(next(page)).toBeDisabled();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Replace it' }).click();
  await expect(prompt(page)).toHaveValue('{{message}} and {{message}} of {{ticket}}');
  await expect(next(page)).toBeEnabled();
});
