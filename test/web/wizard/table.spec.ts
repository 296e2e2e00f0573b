import type { Locator, Page } from '@playwright/test';
import { writeXlsx } from 'hucre/xlsx';
import { expectAccessible } from '../support/accessible.ts';
import { untilBatch } from '../support/create-batch.ts';
import { expect, test } from '../support/fixtures.ts';
import type { Schemas } from '../support/service.ts';
import { draftOf, open, prompt } from '../support/wizard.ts';

test.use({ shares: true });

/** Drops a file on the page as a mouse does. */
async function drop(page: Page, target: Locator, { name, text }: { name: string; text: string }): Promise<void> {
  const data = await page.evaluateHandle(
    ([fileName, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], fileName));
      return transfer;
    },
    [name, text] as const,
  );
  await target.dispatchEvent('drop', { dataTransfer: data });
}

test('an upload shows the header, twenty rows and the exact count', async ({ page }) => {
  await page.goto('/new');
  const rows = Array.from({ length: 345 }, (_, row) => `T-${row},message ${row}`).join('\n');
  await drop(page, page.getByText('Drop a table here'), { name: 'tickets.csv', text: `ticket,message\n${rows}\n` });
  const table = page.getByRole('table', { name: 'First rows of the table' });
  await expect(table.getByRole('columnheader')).toHaveText(['Row', 'ticket', 'message']);
  await expect(table.getByRole('row')).toHaveCount(21);
  await expect(page.getByText('First 20 of 345 rows, counted to the end of the file.')).toBeVisible();
  await expect(page.getByLabel('Name of the batch')).toHaveValue('tickets');
  await expectAccessible(page);
});

test('bad quoting names the line', async ({ page, service }) => {
  await open(page, service, 'data', {}, 'ticket,message\nT-1,"fine"\nT-2,"never closed\nT-3,ok\n');
  await expect(page.getByText(/line 3/i).first()).toBeVisible();
});

test('duplicate and blank headers are resolved where one can see it', async ({ page, service }) => {
  await open(page, service, 'data', {}, 'email,email,,message\na@x.de,b@x.de,c,Hello\n');
  const table = page.getByRole('table', { name: 'First rows of the table' });
  await expect(table.getByRole('columnheader')).toHaveText(['Row', 'email', /email_2/, /column_3/, 'message']);
  await expect(page.getByText(/email_2/).nth(1)).toBeVisible();
});

test('reading options are shown as detected, and change the rows at once', async ({ page, service }) => {
  const id = await open(page, service, 'data', {}, 'ticket;message\nT-1;Hello\n');
  const table = page.getByRole('table', { name: 'First rows of the table' });
  await expect(table.getByRole('columnheader')).toHaveText(['Row', 'ticket', 'message']);
  await page.getByRole('combobox', { name: 'Delimiter' }).selectOption('Comma ,');
  await expect(table.getByRole('columnheader')).toHaveText(['Row', 'ticket;message']);
  await expect.poll(async () => (await draftOf(service, id)).request.reading).toEqual({ delimiter: ',' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(table.getByRole('columnheader')).toHaveText(['Row', 'ticket', 'message']);
});

test('a sheet of a workbook is chosen, mapped and run, and its table comes back', async ({ page, service }) => {
  const workbook = await writeXlsx({
    sheets: [
      { name: 'Notes', rows: [['about'], ['nothing']] },
      {
        name: 'Tickets',
        rows: [
          ['ticket', 'message'],
          ['T-1', 'Where is it?'],
          ['T-2', 'Thanks'],
        ],
      },
    ],
  });
  await page.goto('/new');
  await page
    .getByLabel('Choose a file')
    .first()
    .setInputFiles({
      name: 'tickets.xlsx',
      mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      buffer: Buffer.from(workbook),
    });
  const sheet = page.getByRole('combobox', { name: 'Sheet' });
  await expect(sheet).toHaveValue('Notes');
  await expect(page.getByText('This workbook has 2 sheets; one is read.')).toBeVisible();
  await expect(page.getByText('--sheet')).toHaveCount(0);
  await sheet.selectOption('Tickets');
  const table = page.getByRole('table', { name: 'First rows of the table' });
  await expect(table.getByRole('columnheader')).toHaveText(['Row', 'ticket', 'message']);
  // A step stays until the next one has loaded, and so does its button.
  await page.getByRole('button', { name: 'Next: columns' }).click();
  await page.getByRole('button', { name: 'Next: prompt' }).click();
  await prompt(page).fill('Sort {{message}}');
  await page.getByRole('button', { name: 'Next: schema' }).click();
  await page.getByRole('button', { name: 'Next: review' }).click();
  await page.getByRole('button', { name: /^Start 2 rows, / }).click();
  await expect(page).toHaveURL(/\/batches\/bat_/);
  const id = /bat_[^/?]+/.exec(page.url())?.[0] ?? '';
  await untilBatch(service, id, ({ status }) => status === 'completed');
  const exported = await fetch(`${service.url}/v1/batches/${id}/export?format=csv`);
  expect(await exported.text()).toContain('T-2,Thanks');
});

test('a file of many parts survives a broken connection, and a file that is sent again stops nowhere', async ({
  page,
  service,
}) => {
  const line = `T,${'x'.repeat(4000)}\n`;
  let broken = 0;
  let isBroken = true;
  await page.route('**/v1/uploads/*', async (route) => {
    if (route.request().method() === 'PATCH' && isBroken) {
      broken += 1;
      await route.abort('connectionreset');
    } else await route.fallback();
  });
  await page.goto('/new');
  await page
    .getByLabel('Choose a file')
    .first()
    .setInputFiles({
      name: 'big.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(`ticket,message\n${line.repeat(3000)}`),
    });
  await expect.poll(() => broken).toBeGreaterThan(1);
  await expect(page.getByText('The connection broke.')).toBeVisible();
  isBroken = false;
  await expect(page.getByText('First 20 of 3,000 rows, counted to the end of the file.')).toBeVisible();
  const { items } = await service.send<{ items: Schemas['Upload'][] }>('GET', '/v1/uploads');
  expect(items.map(({ bytes }) => bytes)).toContain(15 + 3000 * line.length);
});
