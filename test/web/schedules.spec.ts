import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible } from './support/accessible.ts';
import { TABLE, TARGET } from './support/create-batch.ts';
import { expect, test } from './support/fixtures.ts';
import { createDraft } from './support/sample.ts';
import type { Schemas, Service } from './support/service.ts';

const DAILY = { cron: '0 2 * * *', time_zone: 'Asia/Tokyo', max_cost_usd: 1, action: { type: 'process_queues' } };

/** A schedule over an uploaded table. */
async function overTable(service: Service, name: string): Promise<void> {
  const { uri } = await service.send<{ uri: string }>('POST', '/v1/uploads?name=returns.csv', TABLE);
  const request = { csv_uri: uri, target: TARGET, options: { mode: 'realtime' }, output_uri: '-' };
  await service.send('POST', '/v1/schedules', { ...DAILY, name, action: { type: 'run_batch', request } });
}

test.describe('with a clock that the test moves', () => {
  test.use({
    environment: async ({ browserName: _ }, use, info) => {
      const clock = info.outputPath('clock');
      writeFileSync(clock, '0');
      const preload = resolve(import.meta.dirname, '../torture/jumping-clock.ts');
      await use({ NODE_OPTIONS: `--import ${preload}`, TORTURE_CLOCK: clock });
    },
  });

  test('a schedule that is made on the page fires at its time, and its batch stands in the history', async ({
    page,
    service,
    environment,
  }) => {
    test.slow();
    const agent = { name: 'ticket-sorter', prompt: 'What is this about: {message}?', model: TARGET.model };
    await service.send('POST', '/v1/agents', { ...agent, fields: [{ name: 'topic' }] });
    const job = { agent: 'ticket-sorter', input: { message: 'Where is my order?' } };
    await service.send('POST', '/v1/jobs', job);
    await page.goto('/schedules');
    await page.getByRole('link', { name: 'New schedule' }).click();
    const form = page.getByRole('dialog', { name: 'New schedule' });
    await form.getByLabel('Name').fill('tickets');
    await form.getByLabel('A run may cost at most').fill('1,50');
    await form.getByRole('combobox', { name: 'Jobs of' }).selectOption('ticket-sorter');
    await form.getByRole('combobox', { name: 'How' }).selectOption('in real time');
    await form.getByLabel('Times, as cron').fill('15 1 * * *');
    await expect(form.getByText('At 01:15 every day')).toBeVisible();
    await form.getByRole('button', { name: 'Add, up to $1.50 a run' }).click();
    await expect(page).toHaveURL(/\/schedules\/tickets$/);
    await expect(page.getByText('It has not run yet.')).toBeVisible();

    const { next } = await service.send<Schemas['Schedule']>('GET', '/v1/schedules/tickets');
    writeFileSync(environment['TORTURE_CLOCK'] ?? '', String(Date.parse(next[0] ?? '') - Date.now()));
    const run = page.getByRole('row').filter({ hasText: 'it was due' });
    await expect(run).toContainText('Completed');
    await expect(run).toContainText('1 row');
    await expect(run).toContainText('$0.01');
    expect(service.model.stats.requests).toBe(1);
    await expectAccessible(page);
    await run.getByRole('link').click();
    await expect(page).toHaveURL(/\/batches\/bat_\w+\/rows$/);
  });
});

test('the next times stand in the zone of the reader, and beside them in that of the schedule', async ({
  page,
  service,
}) => {
  // These zones change their clocks in the same moment: they are an hour apart on every day.
  const zone = { cron: '0 5 * * *', time_zone: 'Europe/Berlin' };
  await service.send('POST', '/v1/schedules', { ...DAILY, ...zone, name: 'berlin' });
  await page.goto('/schedules');
  const line = page.getByRole('row').filter({ hasText: 'berlin' });
  await expect(line).toContainText('At 05:00 every day');
  await expect(line).toContainText('0 5 * * * in Europe/Berlin');
  await expect(line).toContainText('$1.00');
  await expect(line).toContainText('04:00');
  await line.getByRole('link').click();
  const times = page.getByRole('table').filter({ hasText: 'Your time, Europe/London' }).getByRole('row');
  await expect(times).toHaveCount(6);
  await expect(times.nth(1)).toContainText(/04:00.*, 05:00$/);
});

test('what is wrong with the times stands beside them while they are typed, and nothing can be added', async ({
  page,
}) => {
  test.slow();
  await page.goto('/schedules?form=new');
  const form = page.getByRole('dialog', { name: 'New schedule' });
  await expect(form.getByLabel('Name')).toBeFocused();
  await form.getByLabel('Name').fill('nightly');
  await form.getByLabel('A run may cost at most').fill('2');
  const add = form.getByRole('button', { name: 'Add, up to $2.00 a run' });
  await expect(add).toBeEnabled();
  await form.getByLabel('Times, as cron').fill('61 * * * *');
  await expect(form.getByText('Invalid value for minute: 61')).toBeVisible();
  await expect(add).toBeDisabled();
  await expectAccessible(page);
  await form.getByRole('button', { name: 'Weekday mornings' }).click();
  await expect(form.getByText('At 06:30, Monday to Friday')).toBeVisible();
  await form.getByLabel('A run may cost at most').fill('much');
  await expect(form.getByText('Write a number of dollars above 0')).toBeVisible();
  await form.getByLabel('A run may cost at most').fill('2');
  await add.click();
  await expect(form.getByText('There is a schedule "nightly" already')).toBeVisible();
  await form.getByLabel('Name').fill('Morning');
  await expect(form.getByText('Use small letters, digits')).toBeVisible();
  await expectAccessible(page);
});

test('a batch over a pattern is made and edited, and the form is restored by its address', async ({
  page,
  service,
}) => {
  test.slow();
  await page.goto('/schedules?form=new');
  const form = page.getByRole('dialog', { name: 'New schedule' });
  await form.getByLabel('Name').fill('incoming');
  await form.getByLabel('A run may cost at most').fill('5');
  await form.getByRole('combobox', { name: 'It runs' }).selectOption('A batch over a table');
  await form.getByLabel('Table, folder or pattern').fill('s3://bucket/incoming/*.csv');
  const add = form.getByRole('button', { name: 'Add, up to $5.00 a run' });
  await expect(add).toBeDisabled();
  await form.getByRole('combobox', { name: 'Agent' }).selectOption('query-classifier');
  await expectAccessible(page);
  await add.click();
  await expect(page.getByText('A batch over s3://bucket/incoming/*.csv')).toBeVisible();
  const made = await service.send<Schemas['Schedule']>('GET', '/v1/schedules/incoming');
  expect(made).toMatchObject({
    ...{ max_cost_usd: 5, time_zone: 'Europe/London', cron: '0 2 * * *' },
    action: { request: { target: { name: 'query-classifier' }, options: { cache: 'all' } } },
  });
  await page.getByRole('button', { name: 'Edit' }).click();
  await expect(page).toHaveURL(/\?form=edit$/);
  await page.reload();
  const edit = page.getByRole('dialog', { name: 'Edit “incoming”' });
  await edit.getByRole('button', { name: 'Each hour' }).click();
  await edit.getByRole('combobox', { name: 'Time zone' }).selectOption('that of the server');
  await edit.getByLabel('A run may cost at most').fill('7');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(edit).toHaveCount(0);
  await expect(page.getByText('Every hour')).toBeVisible();
  const changed = await service.send<Schemas['Schedule']>('GET', '/v1/schedules/incoming');
  expect(changed).toMatchObject({ cron: '0 * * * *', time_zone: null, max_cost_usd: 7, action: made.action });
});

test('a batch of the wizard becomes a schedule, with its question and its cap', async ({ page, service }) => {
  test.slow();
  const draft = await createDraft(service, { file: 'queries.csv', table: TABLE });
  await page.goto(`/new/${draft}/review`);
  await page.getByRole('button', { name: 'Run it at certain times' }).click();
  const form = page.getByRole('dialog', { name: 'New schedule' });
  await expect(form.getByText('a question with 3 fields')).toBeVisible();
  await expect(form.getByLabel('A run may cost at most')).toHaveValue('1');
  await expectAccessible(page);
  await form.getByLabel('Name').fill('support');
  await form.getByRole('button', { name: 'Add, up to $1.00 a run' }).click();
  await expect(page).toHaveURL(/\/schedules\/support$/);
  await page.getByRole('button', { name: 'Run now, up to $1.00' }).click();
  const run = page.getByRole('row').filter({ hasText: 'run by a person' });
  await expect(run).toContainText('Completed');
  await expect(run).toContainText('3 rows');
});

test('a schedule is run, turned off and deleted, and without any there is one action', async ({ page, service }) => {
  test.slow();
  await overTable(service, 'returns');
  await page.goto('/schedules');
  await page.getByRole('link', { name: 'nightly' }).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/schedules\/returns$/);
  await page.getByRole('button', { name: 'Turn off' }).click();
  await expect(page.getByText('It is off. It runs only when you run it here.')).toBeVisible();
  await page.getByRole('button', { name: 'Run now, up to $1.00' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'run by a person' })).toContainText('Completed');
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(page.getByRole('button', { name: 'Turn off' })).toBeVisible();
  for (const name of ['returns', 'nightly']) {
    await page.goto(`/schedules/${name}`);
    await page.getByRole('button', { name: 'Delete…' }).click();
    const sure = page.getByRole('dialog', { name: `Delete “${name}”?` });
    await expectAccessible(page);
    await sure.getByRole('button', { name: 'Delete the schedule' }).click();
    await expect(page).toHaveURL(/\/schedules$/);
  }
  await expect(page.getByRole('heading', { name: 'Nothing starts by itself' })).toBeVisible();
  await expect(page.getByRole('main').getByRole('link')).toHaveText(['New schedule']);
  await expectAccessible(page);
});

test('a run that failed says why, and the filter of the history stands in the address', async ({ page, service }) => {
  const request = { csv_uri: 's3://nowhere/table.csv', target: TARGET, output_uri: '-' };
  await service.send('POST', '/v1/schedules', { ...DAILY, name: 'feed', action: { type: 'run_batch', request } });
  await page.goto('/schedules/feed');
  await page.getByRole('button', { name: 'Run now, up to $1.00' }).click();
  const run = page.getByRole('row').filter({ hasText: 'run by a person' });
  await expect(run).toContainText('Failed');
  const { last_run: last } = await service.send<Schemas['Schedule']>('GET', '/v1/schedules/feed');
  await expect(run).toContainText(last?.error?.code ?? 'no code');
  await page.getByRole('group', { name: 'Runs by state' }).getByRole('button', { name: 'Started' }).click();
  await expect(page).toHaveURL(/\?state=succeeded$/);
  await expect(page.getByText('No such run.')).toBeVisible();
  await page.goBack();
  await expect(run).toBeVisible();
  await page.goto('/schedules');
  await expect(page.getByRole('row').filter({ hasText: 'feed' })).toContainText('Failed');
});

test('an answer that fails is an error with Retry, and never an empty list', async ({ page }) => {
  const mend = await fail(page, '**/v1/schedules');
  await page.goto('/schedules');
  await expect(page.getByRole('alert')).toContainText('The disk is full.');
  await expect(page.getByRole('alert')).toContainText('abc12345');
  await expect(page.getByText('Nothing starts by itself')).toHaveCount(0);
  await expectAccessible(page);
  await mend();
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByRole('link', { name: 'nightly' })).toBeVisible();
  await page.goto('/schedules/nobody');
  await expect(page.getByRole('alert')).toContainText('not_found');
});

test.describe('with a key that may only read', () => {
  test.use({ keys: ['admin-key'] });

  test('schedules are shown, and cannot be changed or run', async ({ page, service }) => {
    const { secret } = await service.send<{ secret: string }>('POST', '/v1/keys', { name: 'reader', scope: 'read' });
    await page.goto('/schedules');
    await page.getByRole('dialog', { name: 'Sign in' }).getByLabel('Key of this server').fill(secret);
    await page.keyboard.press('Enter');
    await expect(page.getByText('your key needs the scope admin')).toBeVisible();
    await expect(page.getByRole('link', { name: 'New schedule' })).toHaveCount(0);
    await page.getByRole('link', { name: 'nightly' }).click();
    await expect(page.getByText('At 02:00 every day')).toBeVisible();
    await expect(page.getByRole('main').getByRole('button', { name: /Run now|Edit|Turn|Delete/ })).toHaveCount(0);
  });
});

/** The answers of an address are faults of the server, until the test says otherwise. */
async function fail(page: Page, address: string): Promise<() => Promise<void>> {
  const json = { title: 'Internal', status: 500, detail: 'The disk is full.', code: 'internal' };
  const headers = { 'x-request-id': 'abc12345' };
  await page.route(address, (route) =>
    route.fulfill({ status: 500, headers, contentType: 'application/problem+json', json }),
  );
  return () => page.unroute(address);
}
