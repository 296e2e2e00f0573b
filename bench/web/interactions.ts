import type { Browser, Page } from '@playwright/test';
import type { Service } from '../../test/web/support/service.ts';
import { openContext } from './open-context.ts';
import { openDraft } from './workbench.ts';

/** How long each interaction of a kind took until its next paint, in milliseconds. */
export type Interactions = Map<string, number[]>;

/** Goes through the workbench as a person does, so many rounds. */
export async function timeInteractions(
  browser: Browser,
  { service, batch, rounds }: { service: Service; batch: string; rounds: number },
): Promise<Interactions> {
  const into: Interactions = new Map();
  const draft = await openDraft(service);
  const context = await openContext(browser);
  const page = await context.newPage();
  for (let round = 0; round < rounds; round += 1) {
    await lookAtBatch(page, { url: service.url, batch, into });
    await goThroughWizard(page, { url: service.url, draft, into });
  }
  await context.close();
  return into;
}

async function lookAtBatch(
  page: Page,
  { url, batch, into }: { url: string; batch: string; into: Interactions },
): Promise<void> {
  await page.goto(`${url}/batches`);
  const line = page.locator(`a[href^="/batches/${batch}"]`);
  const grid = page.getByRole('grid');
  await timed(page, { kind: 'open the batch of many rows', into }, async () => {
    await line.click();
    await grid.getByRole('row').nth(20).waitFor();
  });
  const row = grid.getByRole('row').nth(5);
  const panel = page.getByRole('complementary').getByRole('tablist');
  await timed(page, { kind: 'open the panel of a row', into }, async () => {
    await row.getByRole('gridcell').nth(2).click();
    await panel.waitFor();
  });
  await timed(page, { kind: 'the next row by J', into, count: 3 }, async () => {
    for (let press = 0; press < 3; press += 1) await page.keyboard.press('j');
  });
  await page.keyboard.press('Escape');
  await page.getByRole('searchbox').click();
  await timed(page, { kind: 'type in the filter', into, count: 6 }, async () => {
    await page.keyboard.type('T-1000', { delay: 60 });
  });
}

async function goThroughWizard(
  page: Page,
  { url, draft, into }: { url: string; draft: string; into: Interactions },
): Promise<void> {
  await page.goto(`${url}/new/${draft}/data`);
  for (const step of ['columns', 'prompt', 'schema', 'review']) {
    const next = page.getByRole('button', { name: `Next: ${step}` });
    await next.click({ trial: true });
    await timed(page, { kind: 'the next step of the wizard', into }, async () => {
      await next.click();
      await page.waitForURL(`**/${step}`);
    });
    if (step !== 'prompt') continue;
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).click();
    await timed(page, { kind: 'type in the prompt', into, count: 8 }, async () => {
      await page.keyboard.type('Be brief', { delay: 60 });
    });
  }
}

/** An interaction below the threshold of the browser's report counts as this. */
const SHORT_MS = 8;

/** Does something that a person does in so many interactions, and keeps how long each took. */
async function timed(
  page: Page,
  { kind, into, count = 1 }: { kind: string; into: Interactions; count?: number },
  act: () => Promise<void>,
): Promise<void> {
  await page.evaluate('bench.forget()');
  await act();
  const long = await page.evaluate<number[]>('bench.interactions()');
  const short = Array.from({ length: Math.max(0, count - long.length) }, () => SHORT_MS);
  into.set(kind, [...(into.get(kind) ?? []), ...long, ...short]);
}
