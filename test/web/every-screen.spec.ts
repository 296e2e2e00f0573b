import { expectAccessible } from './support/accessible.ts';
import { expect, test } from './support/fixtures.ts';
import { fillSample } from './support/sample.ts';

/** The address of every screen; `{completed}` and its like are of the sample. Screens with dialogs have tests of their own. */
const SCREENS = [
  '/batches',
  '/batches/{completed}/rows',
  '/batches/{running}/rows',
  '/batches/{completed}/rows?status=failed&row=1&tab=payload',
  '/batches/{completed}/rows/1',
  '/batches/{completed}/flow',
  '/batches/{completed}/rows?chat={chat}',
  '/new',
  '/queues',
  '/monitor',
  '/monitor?range=30d&tables=throughput,success,times,spend,saved,queue',
  '/schedules',
  '/schedules/returns',
  '/schedules/supplier-feed?state=failed',
  '/alerts',
  '/alerts?tab=rules',
  '/agents',
  '/agents/query-classifier',
  '/settings',
];

for (const width of [1440, 390]) {
  test(`every screen is clean for axe in both themes, ${width} pixels wide`, async ({ page, service }) => {
    test.slow();
    const sample = await fillSample(service);
    await page.setViewportSize({ width, height: 844 });
    for (const address of SCREENS) {
      await test.step(address, async () => {
        await page.goto(address.replace(/\{(\w+)\}/g, (_, name) => sample[name as keyof typeof sample]));
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0);
        await expectAccessible(page);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, `${address} scrolls sideways`).toBeLessThanOrEqual(0);
      });
    }
  });
}
