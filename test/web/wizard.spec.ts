import type { Locator, Page } from '@playwright/test';
import { writeXlsx } from 'hucre/xlsx';
import { expectAccessible } from './support/accessible.ts';
import { TABLE, untilBatch } from './support/create-batch.ts';
import { expect, test } from './support/fixtures.ts';
import { createDraft } from './support/sample.ts';
import type { Schemas, Service } from './support/service.ts';

const MODEL = 'anthropic/claude-haiku-5-5';

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

const question = (prompt: string, more: object = {}) => ({
  target: { type: 'inline', prompt, fields: [{ name: 'topic', type: 'string' }], model: MODEL },
  ...more,
});

async function open(page: Page, service: Service, step: string, request: object = {}, table = TABLE): Promise<string> {
  const id = await createDraft(service, { file: 'tickets.csv', table, request });
  await page.goto(`/new/${id}/${step}`);
  return id;
}

const draftOf = (service: Service, id: string) =>
  service.send<{ request: Schemas['BatchRequest'] }>('GET', `/v1/drafts/${id}`);

const next = (page: Page) => page.getByRole('button', { name: /^Next:/ });
const prompt = (page: Page) => page.getByRole('textbox', { name: 'Prompt', exact: true });
const rendered = (page: Page) => page.getByRole('region', { name: 'What the model gets' });

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

test('a reload in the middle brings the draft back', async ({ page, service }) => {
  const id = await open(page, service, 'prompt', question('About {{message}}'));
  await prompt(page).fill('What is {{message}} about?');
  await expect
    .poll(async () => JSON.stringify((await draftOf(service, id)).request.target))
    .toContain('What is {{message}} about?');
  await page.reload();
  await expect(prompt(page)).toHaveValue('What is {{message}} about?');
});

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

test('a duplicate field is refused, and required shows in the JSON Schema', async ({ page, service }) => {
  await open(page, service, 'schema', question('Sort {{message}}'));
  await page.getByRole('button', { name: 'Add a field' }).click();
  await page.getByLabel('Name of field 2').fill('topic');
  await expect(page.getByText('Another field is named topic.').first()).toBeVisible();
  await expect(next(page)).toBeDisabled();
  await page.getByLabel('Name of field 2').fill('urgent');
  await page.getByRole('combobox', { name: 'Type of urgent' }).selectOption('boolean');
  const json = page.getByRole('textbox', { name: 'JSON Schema of the answer' });
  const required = async () => JSON.parse(await json.inputValue()).required;
  await expect.poll(required).toEqual(['topic', 'urgent']);
  await page.getByRole('checkbox', { name: 'urgent is required' }).click();
  await expect.poll(required).toEqual(['topic']);
  await expectAccessible(page);
  await json.fill('{"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]}');
  await page.getByRole('button', { name: 'Take this schema' }).click();
  await expect(page.getByLabel('Name of field 1')).toHaveValue('score');
  await json.fill('{"type": "object", "properties": {"a": {"type": "object"}}}');
  await page.getByRole('button', { name: 'Take this schema' }).click();
  await expect(page.getByRole('alert')).toContainText('properties.a must have properties');
});

test('a field can be an object of fields, in the table and as JSON Schema', async ({ page, service }) => {
  await open(page, service, 'schema', question('Sort {{message}}'));
  await page.getByRole('combobox', { name: 'Type of topic' }).selectOption('object of fields');
  const inner = page.getByRole('list', { name: 'Fields of topic' });
  await inner.getByLabel('Name of inner field 1').fill('area');
  await page.getByRole('button', { name: 'Add to the fields of topic' }).click();
  await inner.getByLabel('Name of inner field 2').fill('area');
  await expect(inner.getByText('Another field is named area.')).toBeVisible();
  await expect(next(page)).toBeDisabled();
  await inner.getByLabel('Name of inner field 2').fill('urgent');
  await inner.getByRole('combobox', { name: 'Type of urgent' }).selectOption('boolean');
  await inner.getByRole('checkbox', { name: 'urgent is required' }).click();
  await expectAccessible(page);
  const json = page.getByRole('textbox', { name: 'JSON Schema of the answer' });
  const topic = async () => JSON.parse(await json.inputValue()).properties.topic;
  await expect.poll(topic).toEqual({
    type: 'object',
    properties: { area: { type: 'string' }, urgent: { type: ['boolean', 'null'] } },
    required: ['area'],
    additionalProperties: false,
  });
  await json.fill((await json.inputValue()).replaceAll('area', 'field'));
  await page.getByRole('button', { name: 'Take this schema' }).click();
  await expect(inner.getByLabel('Name of inner field 1')).toHaveValue('field');
  await expect(inner.getByRole('combobox', { name: 'Type of urgent' })).toHaveValue('boolean');
  await expect(next(page)).toBeEnabled();
});

test('a test runs three rows at their real price, and shows the answers', async ({ page, service }) => {
  await open(page, service, 'schema', question('Sort {{message}}'));
  await page.getByRole('button', { name: /^Test on 3 rows/ }).click();
  await expect(page.getByText('3 of 3 fit the schema.')).toBeVisible();
  await expect(page.getByRole('table', { name: 'Test on 3 rows' }).getByRole('row')).toHaveCount(4);
  await expect(page.getByText(/Tested for \$0\.00\d\d|Tested for < \$0\.0001/)).toBeVisible();
});

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

test('an unknown price is called unknown', async ({ page, service }) => {
  const target = { ...question('Sort {{message}}').target, model: 'anthropic/claude-of-tomorrow-9' };
  await open(page, service, 'review', { target, options: {} });
  await expect(page.getByRole('button', { name: 'Start 3 rows, price unknown' })).toBeVisible();
  await expect(page.getByText('The price of this model is unknown').first()).toBeVisible();
  await expect(page.getByRole('main').getByText('$0.00')).toHaveCount(0);
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
  await page.getByLabel('Sheet').fill('Tickets');
  await page.getByLabel('Sheet').press('Enter');
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
