import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expectAccessible } from './support/accessible.ts';
import { expect, test } from './support/fixtures.ts';
import type { Schemas, Service } from './support/service.ts';

const AGENT = {
  name: 'ticket-sorter',
  prompt: 'What is this about: {message}?',
  fields: [{ name: 'topic' }],
  model: 'anthropic/claude-haiku-5-5',
};

/** A queue whose job has waited for two days, by the clock of the server, and a schedule that failed. */
async function raise(service: Service, clock: string): Promise<void> {
  await service.send('POST', '/v1/agents', AGENT);
  await service.send('POST', '/v1/jobs', { agent: AGENT.name, input: { message: 'Where is my order?' } });
  const request = { csv_uri: 's3://nowhere/table.csv', target: { name: AGENT.name }, output_uri: '-' };
  const action = { type: 'run_batch', request };
  await service.send('POST', '/v1/schedules', { name: 'feed', cron: '0 3 1 1 *', max_cost_usd: 1, action });
  await service.send('POST', '/v1/schedules/feed/trigger');
  // The rules are compared twice a minute: a server that starts compares them immediately.
  await service.kill();
  writeFileSync(clock, String(2 * 86_400_000));
  await service.start();
  const open = async () => (await service.send<{ items: unknown[] }>('GET', '/v1/alerts')).items.length;
  await expect.poll(open, { timeout: 60_000 }).toBe(2);
}

test.describe('with a clock that the test moves', () => {
  test.use({
    environment: async ({ browserName: _ }, use, info) => {
      const clock = info.outputPath('clock');
      writeFileSync(clock, '0');
      const preload = resolve(import.meta.dirname, '../torture/jumping-clock.ts');
      await use({
        ...{ NODE_OPTIONS: `--import ${preload}`, TORTURE_CLOCK: clock },
        ...{ ROWMILL_ALERTS: 'success-share=95', ROWMILL_ALERT_WEBHOOKS: 'https://ops.example/secret' },
      });
    },
  });

  test('alerts are shown with what was measured, acknowledged, resolved, and found again', async ({
    page,
    service,
    environment,
  }) => {
    test.slow();
    await raise(service, environment['TORTURE_CLOCK'] ?? '');
    await page.goto('/batches');
    const places = page.getByRole('navigation', { name: 'Main' });
    await expect(places.getByRole('link', { name: 'Alerts 2' })).toBeVisible();
    await places.getByRole('link', { name: 'Alerts 2' }).click();
    await expect(page).toHaveURL(/\/alerts$/);
    const queue = page.getByRole('row').filter({ hasText: 'queue-age' });
    await expect(queue).toContainText('at most 26 h');
    await expect(queue).toContainText('2 d');
    const feed = page.getByRole('row').filter({ hasText: 'failed-schedule' });
    await expect(feed.getByRole('link', { name: 'feed' })).toHaveAttribute('href', '/schedules/feed');
    await expectAccessible(page);
    await queue.getByRole('button', { name: /^Acknowledge queue-age/ }).click();
    await expect(queue).toContainText('Acknowledged');
    await expect(queue.getByRole('button', { name: /^Acknowledge/ })).toHaveCount(0);
    await feed.getByRole('button', { name: 'Resolve failed-schedule: feed' }).click();
    await expect(feed).toHaveCount(0);
    await expect(places.getByRole('link', { name: 'Alerts 1' })).toBeVisible();
    await page.getByRole('group', { name: 'Alerts by state' }).getByRole('button', { name: 'Resolved' }).click();
    await expect(page).toHaveURL(/\?state=resolved$/);
    await expect(feed).toContainText('Resolved');
    await expectAccessible(page);
    await page.reload();
    await expect(feed).toContainText(/by \S+, /);
    await expect(queue).toHaveCount(0);
    await page.goBack();
    await expect(queue).toBeVisible();
    const { items } = await service.send<{ items: Schemas['Alert'][] }>('GET', '/v1/alerts');
    expect(items).toMatchObject([{ rule: 'queue-age', state: 'acknowledged' }]);
  });

  test('the rules have the limits of the server, and the address of a receiver stays a secret', async ({ page }) => {
    await page.goto('/alerts?tab=rules');
    await expect(page.getByRole('row').filter({ hasText: 'success-share' })).toContainText(
      'at least 95 %at least 90 %',
    );
    await expect(page.getByRole('row').filter({ hasText: 'queue-age' })).toContainText('at most 26 h');
    await expect(page.getByText(/^https:\/\/ops\.example\/#[0-9a-f]{8}$/)).toBeVisible();
    await expect(page.getByText('secret', { exact: true })).toHaveCount(0);
    await expectAccessible(page);
  });
});

test('without an alert there is one action, which shows the rules', async ({ page }) => {
  await page.goto('/alerts');
  await expect(page.getByRole('heading', { name: 'Nothing is wrong' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('main').getByRole('link').click();
  await expect(page).toHaveURL(/\?tab=rules$/);
  await expect(page.getByText('Nowhere: they stand on this page alone.')).toBeVisible();
  await page.goBack();
  await page.getByRole('button', { name: 'Resolved' }).click();
  await expect(page.getByText('No alert has been resolved yet.')).toBeVisible();
});

test('alerts that cannot be read are an error with an id, and never "nothing is wrong"', async ({ page }) => {
  const json = { title: 'Internal', status: 500, detail: 'The disk is full.', code: 'internal' };
  const headers = { 'x-request-id': 'abc12345' };
  await page.route('**/v1/alerts?*', (route) =>
    route.fulfill({ status: 500, headers, contentType: 'application/problem+json', json }),
  );
  await page.goto('/alerts');
  await expect(page.getByRole('alert')).toContainText('The disk is full.');
  await expect(page.getByRole('alert')).toContainText('abc12345');
  await expect(page.getByText('Nothing is wrong')).toHaveCount(0);
  await page.unroute('**/v1/alerts?*');
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByRole('heading', { name: 'Nothing is wrong' })).toBeVisible();
});

test.describe('with a key that may only read', () => {
  test.use({ keys: ['admin-key'], environment: { ROWMILL_ALERTS: 'database-size=0' } });

  test('alerts are shown, and cannot be changed', async ({ page, service }) => {
    const { secret } = await service.send<{ secret: string }>('POST', '/v1/keys', { name: 'reader', scope: 'read' });
    await page.goto('/alerts');
    await page.getByRole('dialog', { name: 'Sign in' }).getByLabel('Key of this server').fill(secret);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('row').filter({ hasText: 'database-size' })).toContainText('at most 0 GB');
    await expect(page.getByText('your key needs the scope run')).toBeVisible();
    await expect(page.getByRole('button', { name: /^(Acknowledge|Resolve) / })).toHaveCount(0);
  });
});
