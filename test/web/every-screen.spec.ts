import { expectAccessible } from './support/accessible.ts';
import { expect, test } from './support/fixtures.ts';
import { fillSample } from './support/sample.ts';
import { addressOf, SCREENS } from './support/screens.ts';

/** Every screen, and some of them in other states. Screens with dialogs have tests of their own. */
const ADDRESSES = [
  ...Object.values(SCREENS),
  '/batches/{completed}/rows?status=failed&row=1&tab=payload',
  '/batches/{completed}/rows/1',
  '/monitor',
  '/monitor?range=30d&tables=throughput,success,times,spend,saved,queue',
  '/schedules/supplier-feed?state=failed',
];

// Some twenty screens, each looked at four times.
test.describe.configure({ timeout: 1_800_000 });

const PARTS = 2;
for (let part = 0; part < PARTS; part += 1) {
  test(`every screen is clean for axe in both themes, wide and narrow, part ${part + 1} of ${PARTS}`, async ({
    page,
    service,
  }) => {
    const sample = await fillSample(service);
    for (const address of ADDRESSES.filter((_, index) => index % PARTS === part)) {
      await test.step(address, async () => {
        await page.goto(addressOf(address, sample));
        for (const width of [1440, 390]) {
          await page.setViewportSize({ width, height: 844 });
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
          await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0);
          await expectAccessible(page);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect(overflow, `${address} scrolls sideways at ${width} pixels`).toBeLessThanOrEqual(0);
        }
      });
    }
  });
}
