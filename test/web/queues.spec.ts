import { expectAccessible } from './support/accessible.ts';
import { expect, test } from './support/fixtures.ts';
import type { Schemas, Service } from './support/service.ts';

const AGENT = 'ticket-sorter';
const DEFINITION = {
  name: AGENT,
  prompt: 'What is this about: {message}?',
  fields: [{ name: 'topic', description: 'What it is about.' }],
  model: 'anthropic/claude-haiku-5-5',
};

/** Saves the agent and enqueues jobs for it; the first has a high priority. Resolves to their ids. */
async function enqueue(service: Service, texts: readonly string[], more: object = {}): Promise<string[]> {
  await service.send('POST', '/v1/agents', DEFINITION);
  const jobs = texts.map((message, index) => ({
    agent: AGENT,
    input: { message },
    priority: index === 0 ? 9 : 5,
    ...more,
  }));
  const { items } = await service.send<{ items: { job_id: string }[] }>('POST', '/v1/jobs/bulk', { jobs });
  return items.map(({ job_id: id }) => id);
}

const jobs = (service: Service, query = '') =>
  service.send<{ items: Schemas['Job'][] }>('GET', `/v1/jobs${query}`).then(({ items }) => items);

test('a queue says what waits, by priority, and what it costs either way', async ({ page, service }) => {
  await enqueue(service, ['Where is my order?', 'I was charged twice', 'It is lovely']);
  await page.goto('/queues');
  const line = page.getByRole('table', { name: 'Queues' }).getByRole('row').nth(1);
  await expect(line).toContainText(AGENT);
  await expect(line).toContainText('priority 9: 1 · priority 5: 2');
  await expect(line).toContainText('nightly, only jobs with a cap');
  await expect(line.getByRole('cell').nth(3)).toHaveText(/\$0\.\d\d/);
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Queues' })).toContainText('3');
  await expectAccessible(page);
});

test('processing says its price first, starts once for two clicks, and shows the batch and its results', async ({
  page,
  service,
}) => {
  const [first = ''] = await enqueue(service, ['Where is my order?', 'I was charged twice']);
  await page.goto('/queues');
  await page.getByRole('button', { name: `Process now: ${AGENT}` }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Process 2 jobs of ticket-sorter');
  await dialog.getByLabel('Standard price').check();
  await expectAccessible(page);
  expect(service.model.stats.requests).toBe(0);
  await dialog.getByRole('button', { name: /^Start 2 jobs, up to (< )?\$0\.\d\d$/ }).dblclick();
  await expect(page.getByRole('dialog', { name: 'Started' })).toContainText('2 jobs run');
  await expectAccessible(page);
  await expect.poll(async () => (await jobs(service, '?state=succeeded')).length).toBe(2);
  const { items } = await service.send<{ items: Schemas['Batch'][] }>('GET', '/v1/batches');
  expect(items).toHaveLength(1);
  await page.getByRole('button', { name: 'Close', exact: true }).last().click();
  await expect(page.getByText('No job waits. What arrived before is listed below.')).toBeVisible();
  await page.getByRole('link', { name: first }).click();
  const panel = page.getByRole('complementary', { name: 'Job', exact: true });
  await expect(panel).toContainText('Succeeded');
  await expect(panel.getByText(/^echo:.*Where is my order/)).toBeVisible();
  await expect(panel).toContainText(/\$0\.\d{4}/);
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(page.getByRole('link', { name: first })).toBeFocused();
});

test('a second click while processing starts meets no other button', async ({ page, service }) => {
  await enqueue(service, ['Where is my order?', 'I was charged twice']);
  await page.goto('/queues');
  await page.getByRole('button', { name: `Process now: ${AGENT}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Standard price').check();
  let answer: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route('**/v1/queues/*/process', async (route) => {
    await held;
    await route.continue();
  });
  const start = dialog.getByRole('button', { name: /^Start 2 jobs/ });
  const before = await start.boundingBox();
  await start.click();
  const starting = dialog.getByRole('button', { name: 'Starting', exact: true });
  await expect(starting).toBeDisabled();
  expect(await starting.boundingBox()).toEqual(before);
  await page.mouse.click((before?.x ?? 0) + (before?.width ?? 0) / 2, (before?.y ?? 0) + (before?.height ?? 0) / 2);
  await expect(starting).toBeVisible();
  answer();
  await expect(page.getByRole('dialog', { name: 'Started' })).toContainText('2 jobs run');
});

test('a cap limits what processing may spend, and an amount that is none is refused on the page', async ({
  page,
  service,
}) => {
  await enqueue(service, ['Where is my order?']);
  await page.goto('/queues');
  await page.getByRole('button', { name: `Process now: ${AGENT}` }).click();
  const cap = page.getByLabel('Cap in dollars');
  await cap.fill('nothing');
  await expect(page.getByText('Write an amount above zero')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Start 1 job/ })).toBeDisabled();
  await cap.fill('0,50');
  await page.getByLabel('Standard price').check();
  await page.getByRole('button', { name: /^Start 1 job/ }).click();
  await expect(page.getByRole('dialog', { name: 'Started' })).toBeVisible();
  const { items } = await service.send<{ items: Schemas['Batch'][] }>('GET', '/v1/batches');
  expect(items[0]?.options.max_cost_usd).toBe(0.5);
});

test('where a price is unknown, only a cap lets jobs start', async ({ page, service }) => {
  await enqueue(service, ['Where is my order?'], { provider: 'anthropic/claude-unheard-of' });
  await page.goto('/queues');
  await expect(page.getByRole('table', { name: 'Queues' }).getByText('unknown').first()).toBeVisible();
  await page.getByRole('button', { name: `Process now: ${AGENT}` }).click();
  const start = page.getByRole('button', { name: /^Start 1 job/ });
  await expect(start).toBeDisabled();
  await expect(page.getByText('A price is unknown')).toBeVisible();
  await page.getByLabel('Cap in dollars').fill('1');
  await expect(start).toHaveText('Start 1 job, up to $1.00');
  await expect(start).toBeEnabled();
});

test('a waiting job is moved and cancelled, and filters stand in the address', async ({ page, service }) => {
  const [first = '', second = ''] = await enqueue(service, ['Where is my order?', 'I was charged twice']);
  await page.goto('/queues');
  await page.getByLabel(`Priority of ${second}`).selectOption('10');
  await expect(page.getByRole('table', { name: 'Queues' })).toContainText('priority 10: 1 · priority 9: 1');
  expect((await jobs(service)).find(({ job_id: id }) => id === second)?.priority).toBe(10);
  await page.getByRole('button', { name: `Cancel… ${first}` }).click();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Cancel the job' }).click();
  await expect(page.getByRole('table', { name: 'Queues' })).toContainText('priority 10: 1');
  await page.getByRole('button', { name: 'Cancelled' }).click();
  await expect(page).toHaveURL(/\?state=cancelled$/);
  await expect(page.getByRole('table', { name: 'Jobs' }).getByRole('row')).toHaveCount(2);
  await page.goBack();
  await expect(page.getByRole('table', { name: 'Jobs' }).getByRole('row')).toHaveCount(3);
});

test('a job that started meanwhile is not moved, and the page says so', async ({ page, service }) => {
  const [first = ''] = await enqueue(service, ['Where is my order?']);
  await page.goto('/queues');
  const priority = page.getByLabel(`Priority of ${first}`);
  await expect(priority).toBeVisible();
  // The list is as it was while another person processes the queue.
  await page.route('**/v1/jobs?*', (route) => route.abort());
  await service.send('POST', '/v1/queues/process', { max_cost_usd: 1, mode: 'realtime' });
  await priority.selectOption('10');
  const alert = page.getByRole('alert').filter({ hasText: 'batch_state_invalid' });
  await expect(alert).toContainText('The job stays as it is.');
});

test('an agent that is gone keeps its jobs, and says why they can not start', async ({ page, service }) => {
  await service.send('POST', '/v1/agents', { ...DEFINITION, name: 'gone' });
  await service.send('POST', '/v1/jobs', { agent: 'gone', input: { message: 'a' } });
  await service.send('DELETE', '/v1/agents/gone');
  await page.goto('/queues');
  await expect(page.getByRole('table', { name: 'Queues' })).toContainText('agent_not_found');
  await expect(page.getByRole('button', { name: 'Process now: gone' })).toBeDisabled();
  await expectAccessible(page);
});

test('without a job the page says how jobs arrive', async ({ page }) => {
  await page.goto('/queues');
  await expect(page.getByRole('heading', { name: 'No job waits' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Show the agents' }).click();
  await expect(page).toHaveURL(/\/agents$/);
});

test('a server that fails shows the cause, and old queues stay, marked as old', async ({ page, service, faults }) => {
  await enqueue(service, ['Where is my order?']);
  await page.goto('/queues');
  await expect(page.getByRole('table', { name: 'Queues' })).toContainText(AGENT);
  await service.kill();
  await expect(page.getByText(/^as of \d\d:\d\d$/).first()).toBeVisible();
  await expect(page.getByRole('table', { name: 'Queues' })).toContainText(AGENT);
  await expect(page.getByRole('button', { name: `Process now: ${AGENT}` })).toBeDisabled();
  await service.start();
  await expect(page.getByText(/^as of/)).toHaveCount(0);
  expect(faults).toEqual([]);
});

test('a queue that can not be read says so with an id, never that nothing waits', async ({ page, service }) => {
  await enqueue(service, ['Where is my order?']);
  await page.route('**/v1/queues', (route) =>
    route.fulfill({
      status: 500,
      headers: { 'x-request-id': 'req_1' },
      contentType: 'application/problem+json',
      body: JSON.stringify({ title: 'internal', status: 500, code: 'internal', detail: 'The store failed.' }),
    }),
  );
  await page.goto('/queues');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('The store failed.');
  await expect(alert).toContainText('req_1');
  await expect(page.getByText('No job waits')).toHaveCount(0);
  await page.unroute('**/v1/queues');
  await alert.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByRole('table', { name: 'Queues' })).toContainText(AGENT);
});

test('a job is opened and closed with the keyboard alone', async ({ page, service }) => {
  const [, second = ''] = await enqueue(service, ['Where is my order?', 'I was charged twice']);
  await page.goto('/queues');
  await page.getByRole('link', { name: second }).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`job=${second}$`));
  await expect(page.getByRole('heading', { level: 2, name: second })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('link', { name: second })).toBeFocused();
});

test('a job is enqueued by a form: what the server finds wrong stands at its field, and two clicks add one', async ({
  page,
  service,
}) => {
  test.slow();
  await service.send('POST', '/v1/agents', DEFINITION);
  await page.goto('/queues');
  await page.getByRole('button', { name: 'Enqueue a job' }).click();
  await expect(page).toHaveURL(/form=enqueue/);
  const form = page.getByRole('dialog', { name: 'Enqueue a job' });
  const send = form.getByRole('button', { name: 'Enqueue the job' });
  await expect(send).toBeDisabled();
  await form.getByRole('combobox', { name: 'Agent' }).selectOption(AGENT);
  const message = form.getByLabel('message');
  await expect(message).toBeVisible();
  await send.click();
  await expect(message).toHaveAccessibleDescription(/lacks the field "message"/);
  await message.fill('Where is my order?');
  await form.getByLabel('Provider').fill('nowhere');
  await form.getByRole('combobox', { name: 'Priority' }).selectOption('9');
  await send.click();
  await expect(form.getByLabel('Provider')).toHaveAccessibleDescription(/There is no provider "nowhere"/);
  await form.getByLabel('Provider').fill('');
  await form.getByLabel('Deadline').fill('2020-01-01T10:00');
  await send.click();
  await expect(form.getByLabel('Deadline')).toHaveAccessibleDescription('The deadline has passed.');
  await expectAccessible(page);
  await form.getByLabel('Deadline').fill('');
  await send.dblclick();
  await expect(form).toHaveCount(0);
  await expect(page.getByRole('complementary', { name: 'Job' })).toContainText('Where is my order?');
  await expect(page.getByRole('table', { name: 'Queues' })).toContainText('priority 9: 1');
  expect(await jobs(service)).toHaveLength(1);
});

test('a job is written as JSON, whose faults are told below it', async ({ page, service }) => {
  test.slow();
  await service.send('POST', '/v1/agents', DEFINITION);
  await page.goto('/queues?form=enqueue');
  const form = page.getByRole('dialog', { name: 'Enqueue a job' });
  await form.getByRole('combobox', { name: 'Agent' }).selectOption(AGENT);
  await form.getByLabel('message').fill('It is lovely');
  await form.getByRole('button', { name: 'As JSON' }).click();
  const input = form.getByLabel('Input as JSON');
  await expect(input).toHaveValue(/"message": "It is lovely"/);
  await input.fill('{"massage": "It is lovely"}');
  const send = form.getByRole('button', { name: 'Enqueue the job' });
  await send.click();
  await expect(input).toHaveAccessibleDescription(/no input field "massage"\. Did you mean "message"\?/);
  await input.fill('[1]');
  await send.click();
  await expect(input).toHaveAccessibleDescription(/^Write a JSON object/);
  await input.fill('{"message": "It is lovely"}');
  await send.click();
  await expect(page.getByRole('complementary', { name: 'Job' })).toContainText('It is lovely');
});
