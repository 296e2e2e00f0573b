import type { WireRequest } from '../support/messages-wire.ts';
import { TABLE, TARGET, untilBatch } from './support/create-batch.ts';
import { expect, test } from './support/fixtures.ts';
import { calls, chatOf, lastResult, says, talking } from './support/talk.ts';

test.use({ environment: { ROWMILL_CONFIRM_ABOVE_USD: '0' } });

/** The token that the last tool asked a yes for. */
function tokenOf(request: WireRequest): string {
  const { needs_confirmation: needed } = lastResult(request) as {
    needs_confirmation: { confirmation_token: string };
  };
  return needed.confirmation_token;
}

test('nothing is spent before a yes, and the yes opens the way to the batch', async ({ page, service }) => {
  const { uri } = await service.send<{ uri: string }>('POST', '/v1/uploads?name=tickets.csv', TABLE);
  const start = { csv_uri: uri, target: TARGET, options: { mode: 'realtime', max_cost_usd: 2 } };
  service.model.answerWith(
    talking(
      () => calls('execute_batch_processor', start),
      () => says('Shall I?'),
      (request) => calls('execute_batch_processor', { ...start, confirmation_token: tokenOf(request) }),
      () => says('It runs.'),
    ),
  );
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.send('Classify the tickets.');
  const approval = chat.log.getByRole('group', { name: 'Approval of spending' });
  await expect(approval.getByRole('heading', { name: 'Start 3 rows?' })).toBeVisible();
  await expect(approval).toContainText('tickets.csv');
  await expect(approval).toContainText('Cap$2.00');
  await expect(chat.log.getByText('Shall I?')).toBeVisible();
  expect((await service.send<{ items: unknown[] }>('GET', '/v1/batches')).items).toEqual([]);
  await approval.getByRole('button', { name: 'Spend up to $2.00' }).dblclick();
  await expect(chat.log.getByText('It runs.')).toBeVisible();
  await expect(chat.log.getByText('Yes, spend up to $2.00.')).toHaveCount(1);
  await expect(approval.getByRole('button')).toHaveCount(0);
  await expect(approval).toContainText('Answered below.');
  const { items } = await service.send<{ items: { batch_id: string }[] }>('GET', '/v1/batches');
  expect(items).toHaveLength(1);
  const id = items[0]?.batch_id ?? '';
  await chat.log.getByRole('link', { name: 'Open the batch' }).click();
  await expect(page).toHaveURL(new RegExp(`/batches/${id}/rows\\?chat=conv_\\w+$`));
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await expect(page.getByRole('navigation', { name: 'Views of the batch' }).getByText('Completed')).toBeVisible();
});

test('a no is a message, and a cost without a cap is called an estimate', async ({ page, service }) => {
  const { uri } = await service.send<{ uri: string }>('POST', '/v1/uploads?name=tickets.csv', TABLE);
  service.model.answerWith(
    talking(
      () => calls('execute_batch_processor', { csv_uri: uri, target: TARGET, options: { mode: 'realtime' } }),
      () => says('Shall I?'),
      () => says('Then not.'),
    ),
  );
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.send('Classify the tickets.');
  const approval = chat.log.getByRole('group', { name: 'Approval of spending' });
  await expect(approval.getByRole('button', { name: /^Start, / })).toBeVisible();
  await expect(approval).toContainText('Without a cap it may cost more than this estimate.');
  await expect(chat.panel.getByRole('button', { name: 'Send' })).toBeVisible();
  await approval.getByRole('button', { name: 'Not now' }).click();
  await expect(chat.log.getByText('Then not.')).toBeVisible();
  expect((await service.send<{ items: unknown[] }>('GET', '/v1/batches')).items).toEqual([]);
});

test('a plan of the chat opens as a draft', async ({ page, service }) => {
  const { uri } = await service.send<{ uri: string }>('POST', '/v1/uploads?name=tickets.csv', TABLE);
  service.model.answerWith(
    talking(
      () => calls('execute_batch_processor', { csv_uri: uri, target: TARGET, options: { dry_run: true } }),
      () => says('It would cost little.'),
    ),
  );
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.send('What would it cost?');
  await expect(chat.log.getByText('It would cost little.')).toBeVisible();
  await chat.log.getByRole('button', { name: 'Open as a draft' }).click();
  await expect(page).toHaveURL(/\/new\/[^/]+\/data\?chat=conv_\w+$/);
  await page.goto(page.url().replace('/data?', '/prompt?'));
  await expect(page.getByRole('main').getByText('Classify this message:').first()).toBeVisible();
});
