import { TABLE } from './support/create-batch.ts';
import { expect, test } from './support/fixtures.ts';
import { calls, chatOf, says, talking } from './support/talk.ts';

test('an answer streams in, shows its tools, and is there after a reload', async ({ page, service }) => {
  const { uri } = await service.send<{ uri: string }>('POST', '/v1/uploads?name=tickets.csv', TABLE);
  const { promise: rest, resolve: goOn } = Promise.withResolvers<void>();
  service.model.answerWith(
    talking(
      () => calls('analyze_csv_structure', { csv_uri: uri }),
      () => says('The table has three rows, and each of them is a message of a customer.', rest),
    ),
  );
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.send('What is in the table?');
  await expect(chat.log.getByText('analyze_csv_structure')).toBeVisible();
  await expect(chat.log.getByText('3 rows')).toBeVisible();
  await expect(chat.log.getByText(/^The table has/)).toBeVisible();
  await expect(chat.log).not.toContainText('message of a customer.');
  await expect(page).toHaveURL(/\?chat=conv_\w+$/);
  goOn();
  await expect(chat.log).toContainText('each of them is a message of a customer.');
  await expect(chat.panel.getByRole('button', { name: 'Send' })).toBeVisible();
  await page.reload();
  await expect(chat.log).toContainText('What is in the table?');
  await expect(chat.log.getByText('analyze_csv_structure')).toBeVisible();
  await expect(chat.log).toContainText('each of them is a message of a customer.');
});

test('Stop halts the answer, and the chat goes on', async ({ page, service }) => {
  const { promise: never } = Promise.withResolvers<void>();
  service.model.answerWith(
    talking(
      () => says('This is the beginning of a long answer that nobody wants to read.', never),
      () => says('Yes.'),
    ),
  );
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.send('Tell me everything.');
  await expect(chat.log.getByText(/^This is the beginning/)).toBeVisible();
  await expect.poll(() => service.model.stats.inFlight).toBe(1);
  await chat.panel.getByRole('button', { name: 'Stop' }).click();
  await expect(chat.log.getByText('You stopped the answer here.')).toBeVisible();
  await expect.poll(() => service.model.stats.inFlight).toBe(0);
  await expect(chat.log).not.toContainText('wants to read');
  await chat.send('Is it over?');
  await expect(chat.log.getByText('Yes.', { exact: true })).toBeVisible();
});
