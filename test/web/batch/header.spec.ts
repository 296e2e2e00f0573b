import { echoAnswer } from '../../support/echo-agent.ts';
import { anthropicBatchFormat } from '../../support/providers/batch-anthropic.ts';
import { type BatchServer, startBatchServer } from '../../support/providers/batch-server.ts';
import { messagesFormat } from '../../support/providers/messages-format.ts';
import { expectAccessible } from '../support/accessible.ts';
import { createBatch, untilBatch } from '../support/create-batch.ts';
import { test as base, expect } from '../support/fixtures.ts';
import { tableOf } from '../support/sample.ts';

/** With a provider whose jobs end when the test says so. */
const test = base.extend<{ provider: BatchServer }>({
  provider: async ({ browserName: _ }, use) => {
    const provider = await startBatchServer({
      ...{ respond: echoAnswer, polls: Number.POSITIVE_INFINITY },
      ...{ createFormat: anthropicBatchFormat, realtime: messagesFormat },
    });
    await use(provider);
    await provider.close();
  },
  environment: async ({ provider }, use) =>
    use({ ANTHROPIC_BASE_URL: provider.url, ROWMILL_BATCH_POLL_SECONDS: '0.1' }),
});

test('while rows are at the provider the page says since when, then how long the batch took and what it saved', async ({
  page,
  service,
  provider,
}) => {
  const { batch_id: id } = await createBatch(service, { table: tableOf(6), options: { mode: 'batch' } });
  const { provider_jobs: jobs } = await untilBatch(service, id, (batch) =>
    batch.provider_jobs.some(({ stage }) => stage === 'waiting'),
  );
  await page.goto(`/batches/${id}/rows`);
  const figures = page.getByRole('region', { name: 'Progress and money' });
  const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'Europe/London' });
  const since = clock.format(new Date(jobs[0]?.since ?? ''));
  await expect(figures).toContainText(`At the providersince ${since}`);
  await expect(figures).toContainText(/Done bytomorrow \d\d:\d\dat the latest/);
  await expect(figures).not.toContainText('rows a second');
  await expectAccessible(page);
  for (const job of provider.jobs) job.state = 'ended';
  await expect(figures).toContainText('100 %6 of 6 rows');
  await expect(figures).toContainText(/Took[\d.]+ s/);
  await expect(figures).toContainText(/Saved< \$0\.01batch API/);
  await expect(figures).not.toContainText('At the provider');
});
