import { expectAccessible } from '../support/accessible.ts';
import { expect, test } from '../support/fixtures.ts';
import { draftOf, next, open, prompt, question, rendered } from '../support/wizard.ts';

test.use({ shares: true });

test('an ignored column is not offered, and a token that names it says so', async ({ page, service }) => {
  await open(page, service, 'columns', question('About {{message}}'));
  await page.getByRole('combobox', { name: 'What ticket is for' }).selectOption('Ignore');
  await expectAccessible(page);
  await next(page).click();
  await prompt(page).focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(' {{');
  await expect(page.getByRole('listbox').getByRole('option')).toHaveText([/message/]);
  await page.keyboard.type('ticket}}');
  await expect(page.getByRole('alert')).toContainText('Line 1: this column is ignored: ticket');
  await expect(next(page)).toBeDisabled();
  await page.getByRole('button', { name: 'Include it' }).click();
  await expect(next(page)).toBeEnabled();
});

test('a system param is in the params and not in the prompt, unless a token names it', async ({ page, service }) => {
  await open(page, service, 'columns', question('About {{message}}'));
  await page.getByRole('combobox', { name: 'What ticket is for' }).selectOption('Send as system param');
  await page.getByLabel('Key of the param ticket').fill('case.id');
  await page.getByLabel('Key of the param ticket').press('Enter');
  await next(page).click();
  const params = page.getByRole('region', { name: 'System params' });
  await expect(params.locator('pre')).toHaveText(/"case": \{\s+"id": "T-1"/);
  await expect(rendered(page).locator('p').first()).toHaveText('About Where is my order?');
  await prompt(page).fill('About {{message}} of {{ system_params.case.id }}');
  await expect(rendered(page).locator('p').first()).toHaveText('About Where is my order? of T-1');
});

test('another name for a column renames every token that names it, and the model gets it', async ({
  page,
  service,
}) => {
  const id = await open(page, service, 'data', question('{{message}} and {{ message }} of {{ticket}}'));
  const columns = page.getByRole('table', { name: 'First rows of the table' }).getByRole('columnheader');
  await columns.getByRole('button', { name: 'message' }).click();
  const field = page.getByLabel('Name of the column message');
  await expect(field).toBeFocused();
  await expectAccessible(page);
  await field.fill('ticket');
  await field.press('Enter');
  await expect(field).toHaveJSProperty('validationMessage', 'Another column has this name.');
  await field.fill('complaint');
  await field.press('Enter');
  await expect(columns).toHaveText(['Row', 'ticket', 'complaint']);
  await next(page).click();
  await expect(page.getByRole('row').filter({ hasText: 'complaint' })).toContainText('message in the table');
  await next(page).click();
  await expect(prompt(page)).toHaveValue('{{complaint}} and {{complaint}} of {{ticket}}');
  await expect(rendered(page).locator('p').first()).toHaveText('Where is my order? and Where is my order? of T-1');
  await expect
    .poll(async () => (await draftOf(service, id)).request.input_mapping)
    .toEqual({ ticket: { column: 'ticket' }, complaint: { column: 'message' } });
  await page.goto(`/new/${id}/review`);
  await expect(page.getByRole('button', { name: /^Start 3 rows, / })).toBeEnabled();
  await page.goto(`/new/${id}/columns`);
  await page.getByRole('combobox', { name: 'What message is for' }).selectOption('Ignore');
  await next(page).click();
  await expect(page.getByRole('alert')).toContainText('Line 1: this column is ignored: message');
});

test('another key for a param renames every token that names it', async ({ page, service }) => {
  const mapping = { message: { column: 'message' }, system_params: { columns: { case: 'ticket' } } };
  const asked = '{{message}} {{ system_params.case }} and {{system_params.case}}';
  const id = await open(page, service, 'columns', question(asked, { input_mapping: mapping }));
  await page.getByLabel('Key of the param ticket').fill('ticket.id');
  await page.getByLabel('Key of the param ticket').press('Enter');
  await next(page).click();
  await expect(prompt(page)).toHaveValue('{{message}} {{system_params.ticket.id}} and {{system_params.ticket.id}}');
  await expect(rendered(page).locator('p').first()).toHaveText('Where is my order? T-1 and T-1');
  const mappingOf = async () => JSON.stringify((await draftOf(service, id)).request.input_mapping);
  await expect.poll(mappingOf).toContain('ticket.id');
  await page.goto(`/new/${id}/columns`);
  const key = page.getByLabel('Key of the param ticket');
  await key.fill('no good');
  await key.press('Enter');
  await expect(key).toHaveJSProperty('validationMessage', 'Letters, digits, _ and -; dots between parts.');
  expect(await mappingOf()).toContain('ticket.id');
});

test('columns are found by a text and set together, and Reset forgets what Undo brings back', async ({
  page,
  service,
}) => {
  const table = 'ticket,message_en,message_de\nT-1,Where is it?,Wo ist es?\n';
  const id = await open(page, service, 'columns', question('About {{ticket}}'), table);
  const lines = page.getByRole('table', { name: 'Columns' }).getByRole('row');
  await expect(lines).toHaveCount(4);
  await page.keyboard.press('/');
  await page.keyboard.type('message');
  await expect(page).toHaveURL(/\?q=message$/);
  await expect(lines).toHaveCount(3);
  await page.getByRole('combobox', { name: 'Set all shown' }).selectOption('Ignore');
  await page.getByRole('searchbox').fill('');
  await expect(lines).toHaveCount(4);
  const counts = page.getByText('1 column for the prompt, 0 params, 2 ignored');
  await expect(counts).toBeVisible();
  await page.getByRole('button', { name: 'Reset…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Forget them' }).click();
  await expect(page.getByText('3 columns for the prompt, 0 params, 0 ignored')).toBeVisible();
  await expect.poll(async () => (await draftOf(service, id)).request.target).toBeUndefined();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(counts).toBeVisible();
});
