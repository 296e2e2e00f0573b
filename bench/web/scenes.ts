import type { Browser, Page } from '@playwright/test';
import type { Service } from '../../test/web/support/service.ts';
import { median } from '../part.ts';
import { countFrames, type Frames, openEmpty, scroll } from './frames.ts';
import { openContext } from './open-context.ts';
import { makeFile } from './workbench.ts';

const MIDDLE = { x: 700, y: 600 };

/** Frames while the grid was scrolled, and of an empty page in the same run. */
export interface Scrolled {
  grid: Frames;
  empty: Frames;
}

/** Scrolls the grid of a batch while its rows run, in turn with an empty page. */
export async function scrollMillion(
  browser: Browser,
  { service, batch, seconds, rounds }: { service: Service; batch: string; seconds: number; rounds: number },
): Promise<Scrolled> {
  await service.send('POST', `/v1/batches/${batch}/resume`, { accepted_usd: 10_000 });
  const context = await openContext(browser);
  const [page, empty] = [await context.newPage(), await context.newPage()];
  await page.goto(`${service.url}/batches/${batch}/rows`);
  await page.getByRole('grid').getByRole('row').nth(20).waitFor();
  await openEmpty(empty);
  const found: { grid: Frames[]; empty: Frames[] } = { grid: [], empty: [] };
  for (let round = 0; round < rounds; round += 1) {
    found.grid.push(await scrolling(page, seconds));
    found.empty.push(await scrolling(empty, seconds));
  }
  await context.close();
  await service.send('POST', `/v1/batches/${batch}/pause`);
  return { grid: middle(found.grid), empty: middle(found.empty) };
}

async function scrolling(page: Page, seconds: number): Promise<Frames> {
  await page.bringToFront();
  return countFrames(page, () => scroll(page, { ...MIDDLE, seconds }));
}

/** Counts the frames of the wizard while it sends a file, from its drop until the server has all of it. */
export async function uploadLarge(
  browser: Browser,
  { service, megabytes, rounds }: { service: Service; megabytes: number; rounds: number },
): Promise<Frames> {
  const found: Frames[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const context = await openContext(browser);
    const page = await context.newPage();
    await page.goto(`${service.url}/new`);
    // A person sees the page before a file is dropped on it.
    await page.waitForLoadState('networkidle');
    const drop = await makeFile(page, megabytes);
    const sending = page.getByRole('progressbar', { name: 'large.csv' });
    found.push(
      await countFrames(page, async () => {
        await drop();
        await sending.waitFor();
        await sending.waitFor({ state: 'detached', timeout: 600_000 });
      }),
    );
    const bytes = await sizeOfUploads(service);
    const sent = megabytes * 1_000_000 * (round + 1);
    if (bytes < sent) throw new Error(`only ${bytes} of ${sent} bytes have arrived`);
    await context.close();
  }
  return middle(found);
}

/** The bytes of all uploads that are complete. */
async function sizeOfUploads(service: Service): Promise<number> {
  const { items } = await service.send<{ items: { status: string; bytes: number }[] }>('GET', '/v1/uploads');
  return items.reduce((sum, { status, bytes }) => sum + (status === 'complete' ? bytes : 0), 0);
}

function middle(frames: readonly Frames[]): Frames {
  return {
    perSecond: median(frames.map(({ perSecond }) => perSecond)),
    longestMs: Math.max(...frames.map(({ longestMs }) => longestMs)),
  };
}
