import type { Browser } from '@playwright/test';
import { openContext } from './open-context.ts';

/** First contentful paints in milliseconds, one of each a visit. */
export interface FirstPaints {
  /** With an empty cache. */
  cold: number[];
  /** The same visit again. */
  warm: number[];
}

/** Visits an address so many times, each time as a new person and then once more as the same one. */
export async function timeFirstPaints(browser: Browser, address: string, visits: number): Promise<FirstPaints> {
  const paints: FirstPaints = { cold: [], warm: [] };
  for (let visit = 0; visit < visits; visit += 1) {
    const context = await openContext(browser);
    for (const kind of ['cold', 'warm'] as const) {
      const page = await context.newPage();
      // A page behind another one is not painted.
      await page.bringToFront();
      await page.goto(address);
      // The paint that counts is that of the page, not of an empty document.
      await page.getByRole('heading', { level: 1 }).waitFor();
      paints[kind].push(await page.evaluate<number>('bench.firstPaint()'));
      await page.close();
    }
    await context.close();
  }
  return paints;
}
