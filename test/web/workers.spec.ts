import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expectAccessible } from './support/accessible.ts';
import { expect, test } from './support/fixtures.ts';
import { launch } from './support/launch.ts';
import { sampleWorkers, UNFIT_BATCH } from './support/sample-workers.ts';

const REDIS_URL = process.env['ROWMILL_TEST_REDIS_URL'];

test('without a fleet the page says how to set one up, and the navigation has no place for it', async ({ page }) => {
  await page.goto('/workers');
  await expect(page.getByRole('heading', { name: 'There is no fleet here' })).toBeVisible();
  await expect(page.getByText('ROWMILL_REDIS_URL names a Redis')).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Workers' })).toHaveCount(0);
  await expectAccessible(page);
});

for (const width of [1440, 1024, 390]) {
  test(`each worker is shown with what it runs, is and lacks, ${width} pixels wide`, async ({ page }) => {
    await page.setViewportSize({ width, height: 844 });
    await page.route('**/v1/workers', (route) => route.fulfill({ json: { items: sampleWorkers() } }));
    await page.goto('/workers');
    const line = (host: string) => page.getByRole('row').filter({ hasText: host });
    await expect(page.getByText('2 workers take rows: 19 of 24 at a time are running.')).toBeVisible();
    const busy = line('browser-2.example.internal');
    await expect(busy).toContainText('12 of 16');
    await expect(busy).toContainText('21,066');
    await expect(busy).toContainText('browser, gpu');
    await expect(busy).toContainText('needs ANTHROPIC_API_KEY, which is not set on this worker.');
    await expect(busy.getByRole('link', { name: 'Show the batch' })).toHaveAttribute(
      'href',
      `/batches/${UNFIT_BATCH}/rows`,
    );
    await expect(line('tools-1.example.internal')).toContainText('takes no more');
    await expect(line('tools-2.example.internal')).toContainText('0.0.9');
    await expect(line('tools-2.example.internal')).toContainText('It gets no rows');
    await expect(line('tools-3.example.internal')).toContainText('Its rows run on other workers.');
    await expect(line('tools-3.example.internal').getByText('13 min ago').filter({ visible: true })).toBeVisible();
    await expectAccessible(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
}

test('workers are read again while the page is open', async ({ page }) => {
  let items = sampleWorkers().slice(0, 1);
  await page.route('**/v1/workers', (route) => route.fulfill({ json: { items } }));
  await page.goto('/workers');
  await expect(page.getByText('7 of 8', { exact: true })).toBeVisible();
  items = items.map((worker) => ({ ...worker, running_rows: 3 }));
  await expect(page.getByText('3 of 8 at a time')).toBeVisible();
  items = [];
  await expect(page.getByRole('heading', { name: 'No workers' })).toBeVisible();
  await expectAccessible(page);
});

test('workers that cannot be read are an error with its cause, and never "no workers"', async ({ page }) => {
  const json = {
    ...{ title: 'Unavailable', status: 502, code: 'location_unavailable' },
    detail: 'Redis at redis.example.internal:6379 (ROWMILL_REDIS_URL) does not answer.',
  };
  await page.route('**/v1/workers', (route) =>
    route.fulfill({ status: 502, contentType: 'application/problem+json', json }),
  );
  await page.goto('/workers');
  await expect(page.getByRole('alert')).toContainText('does not answer');
  await expect(page.getByRole('heading', { name: 'No workers' })).toHaveCount(0);
  await expectAccessible(page);
  await page.unroute('**/v1/workers');
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByRole('heading', { name: 'There is no fleet here' })).toBeVisible();
});

test.describe('with a fleet', () => {
  test.skip(REDIS_URL === undefined, 'set ROWMILL_TEST_REDIS_URL');
  const redisUrl = `${REDIS_URL}/10`;
  test.use({ environment: { ROWMILL_REDIS_URL: redisUrl } });

  test('a worker appears when it starts, and is gone when it ends', async ({ page, service: _ }, info) => {
    await page.goto('/batches');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Workers' }).click();
    await expect(page).toHaveURL(/\/workers$/);
    await expect(page.getByRole('heading', { name: 'No workers' })).toBeVisible();
    const { PATH = '' } = process.env;
    const env = { PATH, HOME: info.outputPath(), ROWMILL_DATA_DIR: info.outputPath('data') };
    const worker = launch(['worker', '--tags', 'browser', '--concurrency', '3'], {
      env: { ...env, ROWMILL_REDIS_URL: redisUrl },
    });
    try {
      await once(createInterface(worker.stdout), 'line');
      const line = page.getByRole('row').filter({ hasText: `process ${worker.pid}` });
      await expect(line).toContainText('browser');
      await expect(line).toContainText('0 of 3');
      await expect(page.getByText('1 worker takes rows: 0 of 3 at a time are running.')).toBeVisible();
      worker.kill('SIGTERM');
      await once(worker, 'close');
      await expect(page.getByRole('heading', { name: 'No workers' })).toBeVisible();
    } finally {
      worker.kill('SIGKILL');
    }
  });
});
