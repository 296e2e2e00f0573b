import { NEEDS_MONGO, openTestMongo, type TestMongo, testMongoUri } from '../support/mongodb.ts';
import { expect, test } from './support/fixtures.ts';

test.describe('a collection in the Data step', () => {
  test.skip(testMongoUri === undefined, NEEDS_MONGO);
  let mongo: TestMongo;
  test.beforeEach(async () => {
    mongo = await openTestMongo();
    await mongo.db.collection<{ _id: number; channel: string; text: string }>('queries').insertMany(
      Array.from({ length: 30 }, (_, at) => ({
        ...{ _id: at, channel: at < 4 ? 'phone' : 'email', text: `Where is order ${at}?` },
      })),
    );
  });
  test.afterEach(() => mongo.close());

  test('is read by its address, and by a filter and an order', async ({ page }) => {
    await page.goto('/new');
    await page.getByLabel('Or name a table that the server can read').fill(mongo.uri('queries'));
    await page.getByRole('button', { name: 'Read it' }).click();
    const table = page.getByRole('table', { name: 'First rows of the table' });
    await expect(table.getByRole('columnheader')).toHaveText(['Row', '_id', 'channel', 'text']);
    await expect(table.getByRole('row')).toHaveCount(21);
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
});
