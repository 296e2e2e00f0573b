import { expectAccessible } from './support/accessible.ts';
import { createBatch, TABLE, untilBatch } from './support/create-batch.ts';
import { expect, test } from './support/fixtures.ts';
import { calls, chatOf, say, says, talking } from './support/talk.ts';

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

test('the chat is worked by the keyboard, and Escape gives the focus back', async ({ page, service }) => {
  service.model.answerWith(
    talking(
      () => says('One.'),
      () => says('Two.'),
    ),
  );
  await page.goto('/batches');
  const chat = chatOf(page);
  const find = page.getByRole('link', { name: 'Agents' });
  await expect(page.getByRole('heading', { name: 'Batches' })).toBeVisible();
  await find.focus();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toContainText('Ask');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('a');
  await expect(chat.field).toBeFocused();
  await page.keyboard.type('First');
  await page.keyboard.press('Control+Enter');
  await expect(chat.log.getByText('One.')).toBeVisible();
  await expect(chat.panel.getByRole('button', { name: 'Send' })).toBeVisible();
  await page.keyboard.type('Line');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('and line');
  await page.keyboard.press('Enter');
  await expect(chat.log.getByText('Two.')).toBeVisible();
  await expect(chat.log.getByText(/^Line\nand line$/)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(chat.panel).toHaveCount(0);
  await expect(page).toHaveURL(/\/batches$/);
  await expect(find).toBeFocused();
  await page.keyboard.press('a');
  await expect(chat.log.getByText('Two.')).toBeVisible();
});

test('a lost connection says its cause, and Retry gets the answer', async ({ page, service }) => {
  const { promise: never } = Promise.withResolvers<void>();
  service.model.answerWith(
    talking(
      () => says('This answer will never be whole, because the server is gone.', never),
      () => says('Here I am again.'),
    ),
  );
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.send('Are you there?');
  await expect(chat.log.getByText(/^This answer/)).toBeVisible();
  await service.kill();
  const fault = chat.log.getByRole('alert');
  await expect(fault).toContainText('The connection was lost before the answer was complete.');
  await expect(chat.panel.getByRole('button', { name: 'Send' })).toBeDisabled();
  await service.start();
  await expect(page.getByText('Reconnecting to the server.')).toHaveCount(0);
  await fault.getByRole('button', { name: 'Retry' }).click();
  await expect(chat.log.getByText('Here I am again.')).toBeVisible();
  await expect(fault).toHaveCount(0);
  await expect(chat.log.getByText('Are you there?')).toHaveCount(1);
  await page.reload();
  await expect(chat.log.getByText('Here I am again.')).toBeVisible();
  await expect(chat.log.getByText('Are you there?')).toHaveCount(1);
});

test('a double click sends once', async ({ page, service }) => {
  service.model.answerWith(talking(() => says('Once.')));
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.field.fill('How often?');
  await chat.panel.getByRole('button', { name: 'Send' }).dblclick();
  await expect(chat.log.getByText('Once.')).toBeVisible();
  await expect(chat.panel.getByRole('button', { name: 'Send' })).toBeVisible();
  expect(service.model.stats.requests).toBe(1);
});

const HOSTILE = `# A heading

| Error | Rows |
| --- | ---: |
| \`row_timeout\` | 312 |

- one
- two

<img src="https://evil.example/a.png" onerror="document.title='caught'">

![a picture](https://evil.example/b.png) [a trap](javascript:document.title='caught') [docs](https://docs.example/x)

[the agents](/agents) and [a file](data:text/html,x)`;

test('the text of an answer has structure, and can neither run nor load anything', async ({
  page,
  service,
  faults,
}) => {
  service.model.answerWith(talking(() => says(HOSTILE)));
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.send('Show me.');
  await expect(chat.log.getByRole('heading', { name: 'A heading' })).toBeVisible();
  await expect(chat.log.getByRole('cell', { name: '312' })).toBeVisible();
  await expect(chat.log.getByRole('listitem')).toHaveText(['one', 'two']);
  await expect(chat.log.getByText('<img src=')).toBeVisible();
  await expect(chat.log.locator('img')).toHaveCount(0);
  await expect(chat.log.getByText('a trap')).toBeVisible();
  const links = chat.log.getByRole('link');
  await expect(links).toHaveCount(3);
  expect(await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')))).toEqual([
    'https://evil.example/b.png',
    'https://docs.example/x',
    '/agents',
  ]);
  await expect(links.nth(1)).toHaveText('docs (docs.example)');
  await expect(links.nth(1)).toHaveAttribute('rel', /noopener noreferrer/);
  await links.nth(2).click();
  await expect(page).toHaveURL(/\/agents\?chat=conv_\w+$/);
  await expect(chat.log.getByRole('heading', { name: 'A heading' })).toBeVisible();
  expect(await page.title()).not.toBe('caught');
  expect(faults).toEqual([]);
});

test('a long answer stays at its end, unless the reader has scrolled up', async ({ page, service }) => {
  const lines = Array.from({ length: 120 }, (_, line) => `Line ${line} of the answer.`).join('\n\n');
  const { promise: rest, resolve: goOn } = Promise.withResolvers<void>();
  service.model.answerWith(
    talking(
      () => says(lines),
      () => says(lines.replaceAll('Line', 'Row'), rest),
    ),
  );
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.send('Everything.');
  await expect(chat.log.getByText('Line 119 of')).toBeInViewport();
  await page.setViewportSize({ width: 1440, height: 600 });
  await expect(chat.log.getByText('Line 119 of')).toBeInViewport();
  await chat.send('Again.');
  await expect(chat.log.getByText('Row 30 of')).toBeAttached();
  // What still arrives of the first half may take the reader down again.
  await expect(async () => {
    await chat.log.evaluate((log) => {
      log.scrollTop = 0;
    });
    await expect(chat.panel.getByRole('button', { name: 'Newest' })).toBeVisible({ timeout: 1_000 });
  }).toPass();
  goOn();
  await expect(chat.log.getByText('Row 119 of')).toBeAttached();
  await expect(chat.log.getByText('Everything.')).toBeInViewport();
  await chat.panel.getByRole('button', { name: 'Newest' }).click();
  await expect(chat.log.getByText('Row 119 of')).toBeInViewport();
});

test('the chat and the panel of a row take the same place', async ({ page, service }) => {
  const { batch_id: id } = await createBatch(service, { name: 'Tickets' });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  await page.goto(`/batches/${id}/rows?row=1&tab=payload`);
  const row = page.getByRole('complementary', { name: 'Row 1' });
  const chat = chatOf(page);
  await expect(row).toBeVisible();
  await chat.open();
  await expect(row).toHaveCount(0);
  await expect(page).toHaveURL(new RegExp(`/batches/${id}/rows\\?chat=new$`));
  await expect(chat.log.getByRole('button', { name: `Why did rows of the batch ${id} fail?` })).toBeVisible();
  await page.getByRole('gridcell', { name: 'T-2' }).click();
  await expect(page.getByRole('complementary', { name: /^Row/ })).toBeVisible();
  await expect(chat.panel).toHaveCount(0);
});

test('earlier chats are listed, and a chat that is not there says so', async ({ page, service }) => {
  service.model.answerWith(talking(() => says('Remembered.')));
  await page.goto('/batches?chat=conv_nothing');
  const chat = chatOf(page);
  await expect(chat.log.getByRole('alert')).toContainText('There is no conversation "conv_nothing".');
  await chat.panel.getByRole('button', { name: 'New chat' }).click();
  await expect(page).toHaveURL(/\?chat=new$/);
  await chat.send('Remember this.');
  await expect(chat.log.getByText('Remembered.')).toBeVisible();
  await expect(chat.panel.getByRole('button', { name: 'Send' })).toBeVisible();
  await chat.panel.getByRole('button', { name: 'New chat' }).click();
  await expect(chat.log.getByText('Remembered.')).toHaveCount(0);
  await chat.log.getByRole('link', { name: 'Remember this.' }).click();
  await expect(chat.log.getByText('Remembered.')).toBeVisible();
});

test('with the chat open axe finds nothing in both themes, and it covers a narrow screen', async ({
  page,
  service,
}) => {
  const { batch_id: id } = await createBatch(service, { name: 'Tickets' });
  await untilBatch(service, id, ({ status }) => status === 'completed');
  service.model.answerWith(
    talking(
      () => calls('monitor_batch_execution', { batch_id: id }),
      () => says(HOSTILE),
    ),
  );
  await page.goto(`/batches/${id}/rows?chat=new`);
  const chat = chatOf(page);
  await expect(chat.field).toBeVisible();
  await expectAccessible(page);
  await chat.send('How is it?');
  await expect(chat.log.getByRole('link', { name: 'Open the batch' })).toBeVisible();
  await expect(chat.log.getByText('a trap')).toBeVisible();
  await chat.log.getByText('monitor_batch_execution').click();
  await expect(chat.log.getByRole('heading', { name: 'Sent' })).toBeVisible();
  for (const width of [1440, 1024, 390]) {
    await page.setViewportSize({ width, height: 844 });
    // Where it covers the page, the chat is what is main.
    await expect(page.getByRole('main')).toHaveCount(1);
    await expectAccessible(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${width} pixels`).toBeLessThanOrEqual(0);
  }
  const sheet = page.getByRole('main', { name: 'Ask' });
  await expect(page.locator('#main')).toBeHidden();
  expect((await sheet.boundingBox())?.width).toBe(390);
  await sheet.getByRole('button', { name: 'Close the chat' }).click();
  await expect(page.locator('#main')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Ask' })).toBeFocused();
});

test('an answer goes on while its chat is closed, and another tab shows it when it is complete', async ({
  page,
  context,
  service,
}) => {
  const { promise: rest, resolve: goOn } = Promise.withResolvers<void>();
  service.model.answerWith(talking(() => says('The first half of the answer, and then the second one.', rest)));
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.send('Slowly, please.');
  await expect(chat.log.getByText(/^The first half/)).toBeVisible();
  const other = await context.newPage();
  await other.goto(page.url());
  const there = chatOf(other);
  await expect(there.log.getByText('An answer is being written.')).toBeVisible();
  await there.field.fill('Me too.');
  await expect(there.panel.getByRole('button', { name: 'Send' })).toBeDisabled();
  await chat.panel.getByRole('button', { name: 'Close the chat' }).click();
  await expect(chat.panel).toHaveCount(0);
  goOn();
  await expect(there.log).toContainText('and then the second one.');
  await expect(there.panel.getByRole('button', { name: 'Send' })).toBeEnabled();
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(chat.log).toContainText('and then the second one.');
});

test('a reload in the middle of an answer keeps the message, and the chat goes on', async ({ page, service }) => {
  const { promise: never } = Promise.withResolvers<void>();
  service.model.answerWith(
    talking(
      () => says('This answer is cut off by a reload of the page.', never),
      () => says('And here is the next one.'),
    ),
  );
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.send('Remember me.');
  await expect(chat.log.getByText(/^This answer/)).toBeVisible();
  await page.reload();
  await expect(chat.log.getByText('Remember me.')).toBeVisible();
  await expect(chat.log).not.toContainText('This answer');
  await chat.field.fill('Next.');
  await chat.panel.getByRole('button', { name: 'Send' }).click();
  await expect(chat.log.getByText('And here is the next one.')).toBeVisible();
});

test('a message that is sent in one tab appears in another that shows the chat, without a reload', async ({
  page,
  context,
  service,
}) => {
  test.slow();
  service.model.answerWith(
    talking(
      () => says('The first answer.'),
      () => says('The second answer.'),
      () => says('The third answer.'),
    ),
  );
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.send('One.');
  await expect(chat.log.getByText('The first answer.')).toBeVisible();
  await expect(page).toHaveURL(/chat=conv_/);
  const other = await context.newPage();
  await other.goto(page.url());
  const there = chatOf(other);
  await expect(there.log.getByText('The first answer.')).toBeVisible();
  await chat.send('Two.');
  await expect(there.log.getByText('Two.', { exact: true })).toBeVisible();
  await expect(there.log.getByText('The second answer.')).toBeVisible();
  await expect(there.panel.getByRole('button', { name: 'Send' })).toBeVisible();
  await there.send('Three.');
  await expect(chat.log.getByText('Three.', { exact: true })).toBeVisible();
  await expect(chat.log.getByText('The third answer.')).toBeVisible();
  await expect(chat.log.getByText('One.', { exact: true })).toHaveCount(1);
});

test('a message of another browser appears when the page gets the focus', async ({ page, service }) => {
  test.slow();
  service.model.answerWith(
    talking(
      () => says('The first answer.'),
      () => says('An answer elsewhere.'),
    ),
  );
  await page.goto('/batches');
  const chat = chatOf(page);
  await chat.open();
  await chat.send('One.');
  await expect(chat.log.getByText('The first answer.')).toBeVisible();
  await expect(page).toHaveURL(/chat=conv_/);
  const id = new URL(page.url()).searchParams.get('chat');
  await say(service, { conversation_id: id, message: 'From elsewhere.' });
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  await expect(chat.log.getByText('An answer elsewhere.')).toBeVisible();
});
