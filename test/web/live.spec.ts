import type { Page } from '@playwright/test';
import { expectAccessible } from './support/accessible.ts';
import { createBatch, untilBatch } from './support/create-batch.ts';
import { expect, test } from './support/fixtures.ts';
import { tableOf } from './support/sample.ts';

const lineOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

test('a server restart shows "reconnecting", then the right counts', async ({ page, service }) => {
  service.model.hold();
  const { batch_id: id } = await createBatch(service, {
    name: 'Long one',
    table: tableOf(30),
    options: { concurrency: 5 },
  });
  service.model.allow(10);
  await untilBatch(service, id, ({ counts }) => counts.succeeded === 10);
  await page.goto('/batches');
  const line = lineOf(page, 'Long one');
  await expect(line.getByText('10 of 30')).toBeVisible();
  await service.kill();
  const banner = page.getByText('Reconnecting to the server.');
  await expect(banner).toBeVisible();
  await expect(page.getByText('Reconnecting', { exact: true })).toBeVisible();
  await expect(line.getByText('10 of 30')).toBeVisible();
  await expect(page.getByText(/^as of \d\d:\d\d$/)).toBeVisible();
  await expectAccessible(page);
  await service.start();
  await expect(banner).toHaveCount(0);
  service.model.release();
  await expect(line.getByRole('img', { name: '30 succeeded, 0 failed, 0 running, of 30' })).toBeVisible();
  await expect(line.getByText('Completed').filter({ visible: true })).toBeVisible();
});

test('while the server is gone nothing can be changed', async ({ page, service }) => {
  await page.goto('/settings?tab=keys');
  await expect(page.getByRole('button', { name: 'Make a key' })).toBeEnabled();
  await service.kill();
  await expect(page.getByText('Reconnecting to the server.')).toBeVisible();
  const button = page.getByRole('button', { name: 'Make a key' });
  await expect(button).toBeDisabled();
  await expect(button).toHaveAttribute('title', 'Not possible without a connection to the server.');
  await service.start();
  await expect(button).toBeEnabled();
});

test('a device without a network says so', async ({ page, context }) => {
  await page.goto('/batches');
  await expect(page.getByText('Connected')).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText('You are offline.')).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText('You are offline.')).toHaveCount(0);
});

test('twelve tabs share one stream over HTTP/1.1, and another tab takes it over', async ({ context, service }) => {
  const streams: Page[] = [];
  context.on('request', (request) => {
    if (request.url().endsWith('/events')) streams.push(request.frame().page());
  });
  service.model.hold();
  const { batch_id: id } = await createBatch(service, {
    name: 'Shared',
    table: tableOf(40),
    options: { concurrency: 4 },
  });
  await untilBatch(service, id, () => service.model.waiting() > 0);
  const tabs: Page[] = [];
  for (let tab = 0; tab < 12; tab += 1) {
    const page = await context.newPage();
    await page.goto('/batches');
    await expect(lineOf(page, 'Shared').getByText('0 of 40')).toBeVisible();
    tabs.push(page);
  }
  // From here on only reports can change the lines: the list is not answered any more.
  await context.route('**/v1/batches?*', () => undefined);
  service.model.allow(6);
  for (const page of tabs) await expect(lineOf(page, 'Shared').getByText('6 of 40')).toBeVisible();
  expect(new Set(streams).size).toBe(1);
  // The tabs still have connections: a screen that reads something new is shown.
  await tabs[11]?.goto('/settings?tab=prices');
  await expect((tabs[11] as Page).getByRole('row').filter({ hasText: 'claude-haiku' })).toBeVisible();
  await streams[0]?.close();
  await expect.poll(() => new Set(streams).size).toBe(2);
  service.model.release();
  for (const page of tabs.slice(0, 11).filter((tab) => !tab.isClosed())) {
    await expect(lineOf(page, 'Shared').getByText('Completed').filter({ visible: true })).toBeVisible();
  }
});

test('without Web Locks each tab reads for itself', async ({ page, service }) => {
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }));
  const paths: string[] = [];
  page.on('request', (request) => paths.push(new URL(request.url()).pathname));
  service.model.hold();
  const { batch_id: id } = await createBatch(service, { name: 'Alone' });
  await page.goto('/batches');
  await expect(lineOf(page, 'Alone').getByText('0 of 3')).toBeVisible();
  service.model.release();
  await expect(lineOf(page, 'Alone').getByText('Completed').filter({ visible: true })).toBeVisible();
  expect(paths).toContain(`/v1/batches/${id}`);
  expect(paths.filter((path) => path.endsWith('/events'))).toEqual([]);
});
