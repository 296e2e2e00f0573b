import type { Page } from '@playwright/test';

/** Frames that a page showed in a while. */
export interface Frames {
  perSecond: number;
  /** The longest time between two of them, in milliseconds. */
  longestMs: number;
}

/** Counts the frames of a page while something is done. */
export async function countFrames(page: Page, act: () => Promise<void>): Promise<Frames> {
  await page.evaluate('bench.startCounting()');
  await act();
  return page.evaluate<Frames>('bench.stopCounting()');
}

/** Scrolls what is at a point by the wheel, up and down, for some seconds, as fast as a person does. */
export async function scroll(page: Page, { x, y, seconds }: { x: number; y: number; seconds: number }): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const speed = 2_400;
  const turns = 4;
  for (let turn = 0; turn < turns; turn += 1) {
    await session.send('Input.synthesizeScrollGesture', {
      ...{ x, y, yDistance: ((turn % 2 === 0 ? -1 : 1) * speed * seconds) / turns, speed },
      gestureSourceType: 'mouse',
    });
  }
  await session.detach();
}

/** A page that does nothing: so many frames the machine can show while it scrolls. */
export async function openEmpty(page: Page): Promise<void> {
  await page.goto('about:blank');
  await page.setContent(
    '<div style="height:100vh;overflow:auto"><div style="height:8000000px;background:linear-gradient(red,blue)"></div></div><style>body{margin:0}</style>',
  );
}
