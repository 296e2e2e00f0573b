import { type MemoryServer, startMemoryServer } from '../support/mongo-memory/memory-server.ts';
import { openTestMongo, type TestMongo } from '../support/mongodb.ts';
import { expect, test } from './support/fixtures.ts';

test.describe('a collection in the Data step', () => {
  let server: MemoryServer;
  let mongo: TestMongo;
  test.beforeEach(async () => {
    server = await startMemoryServer();
    mongo = await openTestMongo(server.uri);
    await mongo.db.collection<{ _id: number; channel: string; text: string }>('queries').insertMany(
      Array.from({ length: 30 }, (_, at) => ({
        ...{ _id: at, channel: at < 4 ? 'phone' : 'email', text: `Where is order ${at}?` },
      })),
    );
  });
  test.afterEach(async () => {
    await mongo.close();
    await server.close();
  });

  test('is read by its address, and by a filter and an order', async ({ page }) => {
    test.slow();
    await page.goto('/new');
    await page.getByLabel('Or name a table that the server can read').fill(mongo.uri('queries'));
    await page.getByRole('button', { name: 'Read it' }).click();
    const table = page.getByRole('table', { name: 'First rows of the table' });
    await expect(table.getByRole('columnheader')).toHaveText(['Row', '_id', 'channel', 'text']);
    await expect(table.getByRole('row')).toHaveCount(21);
    await expect(page.getByText('First 20 of 30 documents that are left to run.')).toBeVisible();
    await page.getByLabel('Filter').fill('{"channel": "phone"}');
    await page.getByLabel('Filter').press('Enter');
    await expect(table.getByRole('row')).toHaveCount(5);
    await page.getByLabel('Order').fill('{"_id": -1}');
    await page.getByLabel('Order').press('Enter');
    await expect(table.getByRole('row').nth(1)).toContainText('Where is order 3?');
    await page.getByLabel('Filter').fill('{"$nothing": 1}');
    await page.getByLabel('Filter').press('Enter');
    await expect(page.getByText(/reading\.filter.*is not understood by the server/).first()).toBeVisible();
  });

  test('keeps in the draft how it is read and claimed', async ({ page, service }) => {
    test.slow();
    await page.goto('/new');
    await page.getByLabel('Or name a table that the server can read').fill(mongo.uri('queries'));
    await page.getByRole('button', { name: 'Read it' }).click();
    const table = page.getByRole('table', { name: 'First rows of the table' });
    await expect(table.getByRole('row')).toHaveCount(21);
    const typed = {
      Filter: '{"channel": "email"}',
      Order: '{"_id": -1}',
      Fields: 'text,channel',
      'At most so many documents': '25',
      'Claim together': '10',
      'Claims at most': '3',
    };
    for (const [label, text] of Object.entries(typed)) {
      const field = page.getByRole('textbox', { name: label, exact: true });
      await field.fill(text);
      await field.press('Enter');
    }
    await page.getByRole('combobox', { name: 'Documents that are added later' }).selectOption('Go on with them');
    const reading = async () => {
      const { items } = await service.send<{ items: { request: { reading?: object } }[] }>('GET', '/v1/drafts');
      return items[0]?.request.reading;
    };
    await expect.poll(reading).toEqual({
      ...{ filter: '{"channel": "email"}', sort: '{"_id": -1}', columns: 'text,channel' },
      ...{ limit: 25, batch_size: 10, max_attempts: 3, watch: true },
    });
    await expect(table.getByRole('columnheader')).toHaveText(['Row', 'text', 'channel']);
    await expect(table.getByRole('row').nth(1)).toContainText('Where is order 29?');
  });
});
