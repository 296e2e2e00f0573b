import type { Page } from '@playwright/test';
import { expectAccessible } from './support/accessible.ts';
import { createBatch, untilBatch } from './support/create-batch.ts';
import { untilDayIsLong } from './support/day.ts';
import { expect, test } from './support/fixtures.ts';
import { tableOf } from './support/sample.ts';
import type { Schemas, Service } from './support/service.ts';
import { takeDownload } from './support/take-download.ts';
import { say } from './support/talk.ts';

/** A batch whose repeated rows come from the cache: it costs and saves something. */
async function runBatch(service: Service): Promise<Schemas['Batch']> {
  const table = `${tableOf(12)}${tableOf(12).split('\n').slice(1).join('\n')}`;
  const { batch_id: id } = await createBatch(service, { table, options: { cache: 'batch', concurrency: 2 } });
  return untilBatch(service, id, ({ status }) => status === 'completed');
}

/** Every call of a batch, page by page. */
async function ledgerOf(service: Service, batch: string): Promise<Schemas['LedgerCall'][]> {
  const calls: Schemas['LedgerCall'][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const more: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page = await service.send<{ items: Schemas['LedgerCall'][]; next_cursor: string | null }>(
      'GET',
      `/v1/ledger?batch_id=${batch}&limit=5${more}`,
    );
    calls.push(...page.items);
    cursor = page.next_cursor;
  }
  return calls;
}

const money = (usd: number) =>
  new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', minimumFractionDigits: 4 }).format(usd);
const sumOf = (calls: readonly Schemas['LedgerCall'][], of: (call: Schemas['LedgerCall']) => number) =>
  calls.reduce((sum, call) => sum + Math.round(of(call) * 1e12), 0) / 1e12;
const chart = (page: Page, name: RegExp | string) => page.getByRole('figure', { name });

test('the savings on the page equal the ledger, and the ledger opens to its calls', async ({ page, service }) => {
  await untilDayIsLong();
  const batch = await runBatch(service);
  const calls = await ledgerOf(service, batch.batch_id);
  const [cost, saved] = [sumOf(calls, ({ cost_usd: usd }) => usd ?? 0), sumOf(calls, ({ saved_usd: usd }) => usd)];
  expect(saved).toBeGreaterThan(0);
  const report = await service.send<Schemas['Savings']>('GET', '/v1/savings');
  expect(Math.round(report.totals.saved_usd * 1e6)).toBe(Math.round(saved * 1e6));
  await page.goto('/monitor?range=1h&tables=saved,spend');
  await page.getByTitle('Saved today: show the calls').click();
  const panel = page.getByRole('complementary', { name: 'Ledger' });
  const total = panel.getByRole('row', { name: /^Total/ });
  await expect(total.getByRole('cell')).toHaveText(['Total', String(calls.length), money(cost), money(saved)]);
  await panel.getByRole('button', { name: `Calls of ${batch.batch_id}` }).click();
  const sum = panel.getByRole('row', { name: `Sum of ${calls.length} calls` });
  await expect(sum.getByRole('cell')).toHaveText([`Sum of ${calls.length} calls`, money(cost), money(saved)]);
  await expectAccessible(page);
  // The last line of the table has what was saved until now.
  const last = chart(page, 'Saved against the standard price').getByRole('row').nth(1);
  await expect(last.getByRole('cell').last()).toHaveText(money(saved));
});

test('a number of a chart opens the calls of its minute, and Escape gives the chart back', async ({
  page,
  service,
}) => {
  const batch = await runBatch(service);
  await page.goto('/monitor?range=1h');
  const spend = chart(page, 'Spent');
  await spend.getByRole('button', { name: /^Table/ }).click();
  await expect(page).toHaveURL(/tables=spend/);
  const minute = spend
    .getByRole('row')
    .filter({ hasNotText: /\$0\.0000/ })
    .filter({ hasText: '$' })
    .first();
  await expect(minute).toBeVisible();
  const [, spent = ''] = await minute.getByRole('cell').allInnerTexts();
  await minute.getByRole('link').click();
  const panel = page.getByRole('complementary', { name: 'Ledger' });
  await expect(
    panel
      .getByRole('row', { name: /^Total/ })
      .getByRole('cell')
      .nth(2),
  ).toHaveText(spent);
  await expect(panel.getByRole('row').filter({ hasText: batch.batch_id })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await page.goBack();
  await expect(panel).toBeVisible();
});

test('throughput, success, times and what waits are shown live, in charts and as tables', async ({ page, service }) => {
  test.slow();
  await runBatch(service);
  await page.goto('/monitor?range=1h&tables=throughput,success,times');
  await expect(chart(page, /^Success/)).toContainText('of 24 attempts');
  // A batch can end in another minute than it began in.
  const minutes = chart(page, /^Throughput/).getByRole('row');
  const succeeded = async () =>
    (await minutes.getByRole('cell').evaluateAll((cells) => cells.map((cell) => cell.textContent)))
      .filter((_, at) => at % 4 === 1)
      .reduce((sum, cell) => sum + Number(cell), 0);
  await expect.poll(succeeded).toBe(24);
  await expect(chart(page, /^Time of a model call/)).toContainText(/p50 · p95 [\d.]+ s, dashed/);
  service.model.hold();
  await createBatch(service, { table: tableOf(40), options: { concurrency: 4 } });
  await expect.poll(() => service.model.waiting()).toBeGreaterThan(0);
  const lanes = page.getByRole('group', { name: 'Lanes', exact: true });
  await expect(lanes).toContainText('claude-haiku-5-5');
  await expect(lanes).toContainText('Open');
  await expect(chart(page, /^Waiting/).getByText(/^3\d$/)).toBeVisible();
  await expectAccessible(page);
  service.model.release();
  await expect(chart(page, /^Success/)).toContainText('of 64 attempts');
});

test('ranges stand in the address, days say that they are in UTC, and a mistyped one opens the day', async ({
  page,
  service,
}) => {
  await untilDayIsLong();
  await runBatch(service);
  await page.goto('/monitor?range=lately');
  await expect(page.getByRole('button', { name: '24 h' })).toHaveAttribute('aria-pressed', 'true');
  await page.getByRole('button', { name: '30 d' }).click();
  await expect(page).toHaveURL(/range=30d/);
  await expect(page.getByText('Days are in UTC.')).toBeVisible();
  await expect(chart(page, 'Throughput, rows a day').getByText('24', { exact: true })).toBeVisible();
  await page.goBack();
  await expect(page.getByText('Days are in UTC.')).toHaveCount(0);
});

test('the report of the range is downloaded in each form, with the sums of the page', async ({ page, service }) => {
  await runBatch(service);
  await page.goto('/monitor?range=1h');
  for (const [name, file] of [
    ['HTML', 'rowmill-1h.html'],
    ['Markdown', 'rowmill-1h.md'],
    ['JSON', 'rowmill-1h.json'],
  ] as const) {
    const link = page.getByRole('link', { name, exact: true });
    await expect(link).toHaveAttribute('download', file);
    const report = await takeDownload(page, () => link.click());
    expect(report.toString()).toContain(name === 'JSON' ? '"rows_succeeded": 24' : '24 succeeded');
  }
});

test('before anything ran, the page says so with one action', async ({ page }) => {
  await page.goto('/monitor');
  await expect(page.getByRole('heading', { name: 'Nothing ran in this time' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('main').getByRole('link', { name: 'New batch' }).click();
  await expect(page).toHaveURL(/\/new/);
});

test('a failing server is told with its cause and id, and what was read stays, marked as old', async ({
  page,
  service,
}) => {
  await runBatch(service);
  const fail = { title: 'internal', status: 500, code: 'internal', detail: 'The store failed.' };
  await page.route('**/v1/metrics?*', (route) =>
    route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify(fail) }),
  );
  await page.goto('/monitor?range=1h');
  await expect(page.getByRole('alert')).toContainText('The store failed.');
  await expect(page.getByText('Nothing ran')).toHaveCount(0);
  await page.unroute('**/v1/metrics?*');
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(chart(page, /^Success/)).toContainText('of 24 attempts');
  await service.kill();
  await expect(page.getByText(/^as of \d\d:\d\d$/)).toBeVisible();
  await expect(chart(page, /^Success/)).toContainText('of 24 attempts');
  await service.start();
  await expect(page.getByText(/^as of/)).toHaveCount(0);
});

test('one line runs through all charts with the values of its time, by pointer and by keyboard', async ({
  page,
  service,
}) => {
  test.slow();
  await runBatch(service);
  await page.goto('/monitor?range=1h');
  const [spend, success] = [chart(page, 'Spent'), chart(page, /^Success/)];
  const line = spend.getByRole('slider', { name: 'Spent: move through the times' });
  const ofAll = page.getByRole('figure').locator('line[stroke-dasharray="2 2"]');
  await expect(line).toBeVisible();
  await expect(ofAll).toHaveCount(0);
  const box = await line.boundingBox();
  if (box === null) throw new Error('The chart is not drawn.');
  await line.hover({ position: { x: 1, y: box.height / 2 } });
  await expect(ofAll).toHaveCount(6);
  const time = /\d\d:\d\d · /;
  await expect(success).toContainText(time);
  await expect(spend).toContainText(time);
  await page.mouse.move(0, 0);
  await expect(ofAll).toHaveCount(0);
  await spend.getByTitle('Spent: show the calls').focus();
  await page.keyboard.press('Tab');
  await expect(line).toBeFocused();
  await expect(ofAll).toHaveCount(6);
  await page.keyboard.press('Home');
  await expect(line).toHaveAttribute('aria-valuenow', '0');
  await expect(success.getByRole('slider')).toHaveAttribute('aria-valuenow', '0');
  await page.keyboard.press('ArrowRight');
  await expect(line).toHaveAttribute('aria-valuenow', '1');
  await expect(line).toHaveAttribute('aria-valuetext', /^\d\d:\d\d · \$0\.00 · \$0\.00$/);
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Ledger' })).toBeVisible();
  await expect(ofAll).toHaveCount(0);
});

test('calls outside of batches open to their conversation and trial, and sum to their line', async ({
  page,
  service,
}) => {
  test.slow();
  await say(service, { message: 'Hello' });
  await service.send('POST', '/v1/agents', {
    ...{ name: 'sorter', prompt: 'What is {message}?', model: 'anthropic/claude-haiku-5-5' },
    fields: [{ name: 'topic' }],
  });
  await service.send('POST', '/v1/agents/sorter/try', { input: { message: 'a bill' } });
  const { items } = await service.send<{ items: Schemas['LedgerCall'][] }>('GET', '/v1/ledger');
  expect(items.length).toBeGreaterThan(1);
  const cost = sumOf(items, ({ cost_usd: usd }) => usd ?? 0);
  await page.goto('/monitor?range=1h');
  await page.getByTitle('Spent today: show the calls').click();
  const panel = page.getByRole('complementary', { name: 'Ledger' });
  await panel.getByRole('button', { name: 'Calls outside of batches' }).click();
  await expect(page).toHaveURL(/of=outside/);
  const calls = panel.getByRole('region', { name: 'Calls outside of batches' });
  const sum = calls.getByRole('row', { name: `Sum of ${items.length} calls` });
  await expect(sum.getByRole('cell').nth(1)).toHaveText(money(cost));
  await expect(calls.getByText('Trial or suggestion')).toHaveCount(
    items.filter(({ run }) => run.startsWith('try_')).length,
  );
  await expectAccessible(page);
  await calls.getByRole('link', { name: 'Chat' }).first().click();
  await expect(page).toHaveURL(/chat=conv_/);
  await expect(page.getByRole('log', { name: 'Conversation' })).toContainText('Hello');
});

test('the projected year opens to its days and rate, and every figure of a chart to its calls', async ({
  page,
  service,
}) => {
  test.slow();
  await runBatch(service);
  const { totals } = await service.send<Schemas['Savings']>('GET', '/v1/savings');
  await page.goto('/monitor?range=1h');
  await page.getByTitle('A year, at this pace: show the calls').click();
  const panel = page.getByRole('complementary', { name: 'Ledger' });
  const basis = panel.getByRole('region', { name: 'Where the year comes from' });
  await expect(basis.getByRole('definition')).toHaveText([
    ...[money(totals.saved_usd), '1.0', money(totals.saved_usd), /^\$/],
  ]);
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(page).not.toHaveURL(/basis/);
  await chart(page, 'Spent').getByTitle('Spent: show the calls').click();
  await expect(
    panel
      .getByRole('row', { name: /^Total/ })
      .getByRole('cell')
      .nth(2),
  ).toHaveText(money(totals.cost_usd));
});

test('what a batch has spent opens the calls of that batch', async ({ page, service }) => {
  const batch = await runBatch(service);
  await page.goto(`/batches/${batch.batch_id}/rows`);
  await page.getByTitle('Show the calls that sum to it').click();
  const panel = page.getByRole('complementary', { name: 'Ledger' });
  await expect(panel.getByRole('region', { name: `Calls of ${batch.batch_id}` })).toContainText('Sum of');
});
